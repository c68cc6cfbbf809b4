"""AveragingClassifier."""

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    load_reviews,
    persistence,
)
from sklearn_textnn.pipelines import AveragingClassifier

TEXTS, Y = load_reviews(source="films", return_X_y=True)
TEXTS, Y = TEXTS[:80], np.array(["bad", "good"])[Y[:80]]


def bayes():
    return make_pipeline(CountVectorizer(), MultinomialNB())


def regression(**parameters):
    return make_pipeline(TfidfVectorizer(), LogisticRegression(**parameters))


def network(**parameters):
    classifier = KerasTextClassifier(PoolingNetwork(4), epochs=2, random_state=0, **parameters)
    return make_pipeline(KerasTokenizerTransformer(), PadTransformer(), classifier)


def average(*members, **parameters):
    return AveragingClassifier([(f"m{i}", m) for i, m in enumerate(members)], **parameters)


def test_it_is_the_mean_of_its_members():
    both = average(bayes(), regression()).fit(TEXTS, Y)
    singles = [m.fit(TEXTS, Y).predict_proba(TEXTS) for m in (bayes(), regression())]
    np.testing.assert_array_equal(both.predict_proba(TEXTS), np.mean(singles, axis=0))
    assert both.classes_.tolist() == ["bad", "good"]
    assert set(both.predict(TEXTS)) <= {"bad", "good"}
    odds = both.decision_function(TEXTS)
    np.testing.assert_array_equal(odds > 0, both.predict(TEXTS) == "good")
    weighted = average(bayes(), regression(), weights=[1, 3]).fit(TEXTS, Y).predict_proba(TEXTS)
    np.testing.assert_allclose(weighted, (singles[0] + 3 * singles[1]) / 4, rtol=1e-12)


def test_members_are_copies_and_can_be_dropped():
    member = bayes()
    both = average(member, regression(), weights=[1, 3])
    both.set_params(m1="drop").fit(TEXTS, Y)
    assert len(both.estimators_) == 1
    assert not hasattr(member[0], "vocabulary_")
    np.testing.assert_array_equal(
        both.predict_proba(TEXTS), bayes().fit(TEXTS, Y).predict_proba(TEXTS)
    )


def test_parameters_set_after_fit_apply_at_the_next_fit(tmp_path):
    both = average(regression(), regression(C=9.0), weights=[1, 3]).fit(TEXTS, Y)
    expected = both.predict_proba(TEXTS)
    both.set_params(m1="drop", weights=[2, 1])
    np.testing.assert_array_equal(both.predict_proba(TEXTS), expected)
    persistence.save(both, tmp_path / "both.textnn")
    loaded = persistence.load(tmp_path / "both.textnn")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), expected)
    alone = regression().fit(TEXTS, Y).predict_proba(TEXTS)
    np.testing.assert_array_equal(loaded.fit(TEXTS, Y).predict_proba(TEXTS), alone)


def test_class_weights_are_keyed_by_label():
    weighted = average(
        regression(class_weight={"bad": 50, "good": 1}),
        network(class_weight={"bad": 50, "good": 1}),
    )
    plain = average(regression(), network())
    before, after = (c.fit(TEXTS, Y).predict_proba(TEXTS)[:, 0].mean() for c in (plain, weighted))
    assert after > before + 0.1


@pytest.mark.parametrize("make", [bayes, regression, network])
def test_sample_weights_reach_the_end_of_a_pipeline(make):
    weight = np.where(Y == "good", 3.0, 1.0)
    weighted = average(make()).fit(TEXTS, Y, sample_weight=weight)
    single = make()
    single.fit(TEXTS, Y, **{f"{single.steps[-1][0]}__sample_weight": weight})
    found = weighted.predict_proba(TEXTS)
    np.testing.assert_allclose(found, single.predict_proba(TEXTS), rtol=1e-6)  # float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    assert not np.array_equal(
        single.predict_proba(TEXTS), make().fit(TEXTS, Y).predict_proba(TEXTS)
    )


@pytest.mark.needs("scikit-learn>=1.7")  # before, a search cannot pass weights to Pipeline.score
def test_sample_weights_reach_the_estimator_of_a_search():
    weight = np.where(Y == "good", 3.0, 1.0)
    search = GridSearchCV(regression(), {"logisticregression__C": [1.0]}, cv=2)
    weighted = average(search).fit(TEXTS, Y, weight).predict_proba(TEXTS)
    expected = regression(C=1.0).fit(TEXTS, Y, logisticregression__sample_weight=weight)
    np.testing.assert_allclose(weighted, expected.predict_proba(TEXTS), rtol=1e-9)


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 2, 80)])
def test_multilabel_targets(weight):
    indicator = np.column_stack([Y == "good", Y == "bad", np.arange(80) % 3 == 0]).astype(int)
    both = average(regression(), network()).fit(TEXTS, indicator, sample_weight=weight)
    found = both.predict_proba(TEXTS)
    assert found.shape == (80, 3)
    assert both.classes_.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(both.predict(TEXTS), found >= 0.5)
    alone = regression().fit(
        TEXTS,
        indicator[:, 2],
        **({} if weight is None else {"logisticregression__sample_weight": weight}),
    )
    np.testing.assert_allclose(
        both.estimators_[0].predict_proba(TEXTS)[:, 2], alone.predict_proba(TEXTS)[:, 1], rtol=1e-6
    )


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.filterwarnings("ignore:y is an indicator matrix in which every row:UserWarning")
@pytest.mark.filterwarnings("ignore:Label not 2 is present in all training:UserWarning")
def test_it_is_saved(kind, tmp_path):
    y = {
        "binary": Y,
        "multiclass": np.arange(80) % 3,
        "multilabel": np.column_stack([Y == "good", Y == "bad", np.zeros(80)]).astype(int),
    }[kind]
    both = average(regression(), bayes(), network()).set_params(m1="drop").fit(TEXTS, y)
    persistence.save(both, tmp_path / "both.textnn")
    loaded = persistence.load(tmp_path / "both.textnn")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), both.predict_proba(TEXTS))
    assert loaded.predict(TEXTS[:1]).dtype == both.predict(TEXTS[:1]).dtype
    assert loaded.get_params()["m0__logisticregression__C"] == 1.0


def test_a_grid_reaches_the_members_in_nested_cross_validation():
    search = RandomizedSearchCV(
        average(regression(), network()),
        {
            "m0__logisticregression__C": loguniform(0.1, 10),
            "m1__kerastextclassifier__model__units": [2, 4],
            "m1": [network(), "drop"],
            "weights": [None, [1, 2]],
        },
        n_iter=2,
        cv=2,
        random_state=0,
    )
    search.set_params(param_distributions={**search.param_distributions, "m1": [network()]})
    assert cross_val_score(search, TEXTS, Y, cv=2).shape == (2,)


def test_texts_of_any_container_and_generators():
    both = average(bayes(), regression()).fit(np.array(TEXTS, dtype=object), Y)
    expected = both.predict_proba(TEXTS)
    np.testing.assert_array_equal(both.predict_proba(text for text in TEXTS), expected)
    from_generator = average(bayes(), regression()).fit((text for text in TEXTS), Y)
    np.testing.assert_array_equal(from_generator.predict_proba(TEXTS), expected)


def test_parallel_members_give_the_same():
    one, two = (average(regression(), network(), n_jobs=n).fit(TEXTS, Y) for n in (1, 2))
    np.testing.assert_array_equal(one.predict_proba(TEXTS), two.predict_proba(TEXTS))


@pytest.mark.parametrize(
    ("classifier", "message"),
    [
        (AveragingClassifier([]), "holds no member"),
        (AveragingClassifier([("a", "drop")]), "holds no member"),
        (AveragingClassifier([("a", bayes()), ("a", bayes())]), "not unique"),
        (average(RidgeClassifier()), "'m0' is RidgeClassifier.*CalibratedClassifierCV"),
        (average(TfidfVectorizer()), "expected a classifier"),
        (average(bayes(), weights=[1, 2]), "one number of 0 or more for each of 1 members"),
        (average(bayes(), weights=[-1]), "0 or more"),
        (average(bayes(), weights=[np.inf]), "0 or more"),
        (average(bayes(), regression(), weights=[0, 0]), "no member with a weight"),
    ],
)
def test_members_that_cannot_be_averaged_are_errors(classifier, message):
    with pytest.raises(ValueError, match=message):
        classifier.fit(TEXTS, Y)
    with pytest.raises(NotFittedError):
        classifier.predict(TEXTS)


def test_weights_that_a_member_does_not_take_are_an_error():
    neighbors = make_pipeline(CountVectorizer(), KNeighborsClassifier())
    with pytest.raises(
        ValueError, match="'m0' ends in a KNeighborsClassifier, which takes no weights"
    ):
        average(neighbors).fit(TEXTS, Y, sample_weight=np.ones(80))


def test_a_clone_is_unfitted():
    both = average(bayes(), regression()).fit(TEXTS, Y)
    assert not hasattr(clone(both), "estimators_")
