"""EpochHalvingSearchCV: which candidates continue, for how long, and with equal results."""

import joblib
import numpy as np
import pytest
import sklearn
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_textnn.classifiers import KerasTextClassifier
from sklearn_textnn.model_selection import EpochHalvingSearchCV, report_candidates
from sklearn_textnn.networks import PoolingNetwork
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer

from ..conftest import TaskRecorder, task_names

RATE = "clf__optimizer__learning_rate"
FOLDS = StratifiedKFold(2, shuffle=True, random_state=0)


def network(**params):
    """Return a pipeline with dropout, weights and Adam, all of which have state to continue."""
    clf = KerasTextClassifier(
        PoolingNetwork(embedding_dim=3, units=2, dropout=0.3),
        **{"epochs": 4, "batch_size": 5, "class_weight": "balanced", "random_state": 0} | params,
    )
    return Pipeline(
        [("tokens", KerasTokenizerTransformer()), ("pad", PadTransformer()), ("clf", clf)]
    )


def search_of(estimator=None, space=None, **params):
    space = {RATE: loguniform(1e-3, 1)} if space is None else space
    settings = {"n_iter": 4, "factor": 2, "cv": FOLDS, "random_state": 1, "error_score": "raise"}
    estimator = network() if estimator is None else estimator
    return EpochHalvingSearchCV(estimator, space, **settings | params)


def shown(search):
    """Return the results without times, as lists."""
    return {k: np.asarray(v).tolist() for k, v in search.cv_results_.items() if "_time" not in k}


class Counted(ClassifierMixin, BaseEstimator):
    """An estimator with warm_start that only counts the epochs."""

    trained = ()

    def __init__(self, good=0, epochs=10, warm_start=False):
        self.good, self.epochs, self.warm_start = good, epochs, warm_start

    def fit(self, X, y):
        done = self.n_epochs_ if self.warm_start == "total" and hasattr(self, "n_epochs_") else 0
        self.classes_, self.n_epochs_ = np.unique(y), self.epochs
        type(self).trained += ((self.good, self.epochs - done),)
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), dtype=int)]


def goodness(estimator, X, y):
    if estimator.good == "broken":
        raise RuntimeError("cannot be scored")
    return estimator.good + estimator.n_epochs_ / 1000


@pytest.fixture
def counted():
    Counted.trained = ()
    return Counted


# Equal to training from the start


@pytest.mark.parametrize("weighted", [False, True])
def test_continued_candidates_equal_training_from_the_start(weighted, texts, y):
    params = {"clf__sample_weight": np.linspace(0.5, 2, len(y))} if weighted else {}
    seen = []

    def score(pipeline, X, y):
        seen.append([w.copy() for w in pipeline[-1].weights_])
        return pipeline.score(X, y)

    search = search_of(scoring=score).fit(texts, y, **params)
    assert (search.n_candidates_, search.n_resources_) == ([4, 2, 1], [1, 2, 4])
    texts = np.array(texts)
    expected = []
    for candidate in search.cv_results_["params"]:
        for train, _ in FOLDS.split(texts, y):
            of_fold = {name: values[train] for name, values in params.items()}
            whole = clone(network()).set_params(**candidate).fit(texts[train], y[train], **of_fold)
            expected.append(whole[-1].weights_)
    assert len(seen) == len(expected) == 2 * 7
    for one, other in zip(seen, expected, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("estimator", "resource"),
    [
        (RandomForestClassifier(n_estimators=8, random_state=0), "n_estimators"),
        (GradientBoostingClassifier(n_estimators=8, random_state=0), "n_estimators"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_ensembles_of_scikit_learn_can_be_continued(estimator, resource):
    X, y = make_classification(120, random_state=0)
    space = {"max_depth": [1, 2, 3, 4]}
    search = search_of(estimator, space, resource=resource, warm_start=True).fit(X, y)
    assert search.n_resources_ == [2, 4, 8]
    scores = [
        cross_val_score(clone(estimator).set_params(**params), X, y, cv=FOLDS).mean()
        for params in search.cv_results_["params"]
    ]
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], scores)
    assert search.best_estimator_.warm_start is False


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_the_same_results_with_two_workers(backend, texts, y):
    serial = search_of(return_train_score=True).fit(texts, y)
    with joblib.parallel_config(backend=backend):
        parallel = search_of(return_train_score=True, n_jobs=2).fit(texts, y)
    assert shown(serial) == shown(parallel)
    for a, b in zip(*(s.best_estimator_[-1].weights_ for s in (serial, parallel)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_rung_equals_a_randomized_search(texts, y):
    params = {"n_iter": 3, "cv": FOLDS, "random_state": 1}
    ours = search_of(factor=5, **params).fit(texts, y)
    theirs = RandomizedSearchCV(network(), {RATE: loguniform(1e-3, 1)}, **params).fit(texts, y)
    assert ours.n_iterations_ == 1
    np.testing.assert_array_equal(*(s.cv_results_["split1_test_score"] for s in (ours, theirs)))
    assert ours.best_params_ == theirs.best_params_ | {"clf__epochs": 4}
    np.testing.assert_array_equal(ours.predict_proba(texts), theirs.predict_proba(texts))


def test_it_can_be_searched_and_cross_validated_itself(texts, y):
    """The scores of a search over it are those of `cross_val_score`, fold by fold."""
    halving = search_of(network(epochs=2), n_iter=2)
    chosen = {"factor": [2, 4], "estimator__clf__model__units": [2, 3]}
    search = RandomizedSearchCV(halving, chosen, n_iter=2, cv=FOLDS, random_state=0).fit(texts, y)
    alone = clone(halving).set_params(**search.best_params_)
    scores = [search.cv_results_[f"split{i}_test_score"][search.best_index_] for i in range(2)]
    np.testing.assert_array_equal(cross_val_score(alone, texts, y, cv=FOLDS), scores)
    best = search.best_estimator_
    assert best.factor == search.best_params_["factor"]
    units = best.best_estimator_.named_steps["clf"].weights_[1].shape[1]
    assert units == search.best_params_["estimator__clf__model__units"]


def test_it_can_be_a_step_of_a_pipeline_that_is_searched(counted, texts, y):
    steps = Pipeline(
        [
            ("length", FunctionTransformer(lambda X: np.char.str_len(X)[:, None])),
            ("search", search_of(counted(), {"good": [1, 2, 3, 4]}, scoring=goodness)),
        ]
    )
    space = {"search__min_epochs": [2, 5], "search__n_iter": [2, 4]}
    outer = RandomizedSearchCV(steps, space, n_iter=3, cv=2, random_state=0).fit(texts, y)
    assert len(outer.cv_results_["params"]) == 3
    inner = outer.best_estimator_.named_steps["search"]
    assert inner.n_candidates_[0] == outer.best_params_["search__n_iter"]
    assert inner.n_resources_[0] >= outer.best_params_["search__min_epochs"]


# Rungs and resources


def test_each_epoch_is_trained_once(counted, texts, y):
    search = search_of(
        counted(epochs=20), {"good": [*range(10)]}, n_iter=10, factor=3, scoring=goodness, cv=2
    ).fit(texts, y)
    assert search.n_candidates_ == [10, 4, 2]
    assert search.n_resources_ == [2, 6, 20]
    assert sorted(counted.trained[:20]) == sorted(2 * [(good, 2) for good in range(10)])
    assert sorted(counted.trained[20:28]) == 2 * [(6, 4)] + 2 * [(7, 4)] + 2 * [(8, 4)] + 2 * [
        (9, 4)
    ]
    assert sorted(counted.trained[28:]) == [(8, 14), (8, 14), (9, 14), (9, 14), (9, 20)]
    assert search.best_params_ == {"good": 9, "epochs": 20}
    assert search.best_score_ == search.cv_results_["mean_test_score"][search.best_index_] == 9.02
    assert search.cv_results_["iter"].tolist() == 10 * [0] + 4 * [1] + 2 * [2]
    assert search.cv_results_["n_resources"].tolist() == 10 * [2] + 4 * [6] + 2 * [20]
    assert search.cv_results_["rank_test_score"][search.best_index_] == 1
    assert search.cv_results_["param_good"][-2:].tolist() == [9, 8]


@pytest.mark.parametrize(
    ("params", "n_candidates", "epochs"),
    [
        ({"min_epochs": 3}, [9, 3], [6, 20]),
        ({"min_epochs": 20}, [9], [20]),
        ({"n_iter": 1}, [1], [20]),
        ({"factor": 1.5}, [9, 6, 4, 3, 2, 2], [2, 3, 5, 8, 13, 20]),
    ],
)
def test_the_rungs(params, n_candidates, epochs, counted, texts, y):
    space = {"good": [*range(9)]}
    settings = {"n_iter": 9, "factor": 3, "scoring": goodness} | params
    search = search_of(counted(epochs=20), space, **settings).fit(texts, y)
    assert (search.n_candidates_, search.n_resources_) == (n_candidates, epochs)


def test_each_rung_adds_epochs(counted, texts, y):
    space = {"good": list(range(30))}
    search = search_of(counted(epochs=9), space, n_iter=30, factor=1.1).fit(texts, y)
    assert search.n_resources_ == sorted(set(search.n_resources_))
    assert search.n_resources_[-1] == 9


def test_the_resource_may_have_another_name(texts, y):
    class Rounds(DummyClassifier):
        def __init__(self, rounds=4, good=0, warm_start=False):
            super().__init__()
            self.rounds = rounds
            self.good = good
            self.warm_start = warm_start

    search = search_of(Rounds(), {"good": [1, 2, 3, 4]}, resource="rounds")
    assert search.fit(texts, y).n_resources_ == [1, 2, 4]


def test_failed_candidates_rank_last(counted, texts, y):
    space = {"good": ["broken", 1, 2, 3]}
    search = search_of(counted(), space, scoring=goodness, error_score=np.nan)
    with pytest.warns(UserWarning, match="Scoring failed|non-finite"):
        search.fit(texts, y)
    assert search.best_params_["good"] == 3
    assert {params["good"] for params in search.cv_results_["params"][4:]} == {2, 3}


def test_refit_names_the_score_that_selects(counted, texts, y):
    def scores(estimator, X, y):
        return {"high": estimator.good, "low": -estimator.good}

    for scoring in (
        scores,
        {"high": lambda *a: scores(*a)["high"], "low": lambda *a: scores(*a)["low"]},
    ):
        search = search_of(counted(), {"good": [1, 2, 3, 4]}, scoring=scoring, refit="low")
        assert search.fit(texts, y).best_params_["good"] == 1
        assert search.best_score_ == search.score(texts, y) == -1
        with pytest.raises(ValueError, match="refit"):
            clone(search).set_params(refit=False).fit(texts, y)


def test_refit_may_choose_or_be_left_out(counted, texts, y):
    space = {"good": [1, 2, 3, 4]}
    chosen = search_of(counted(), space, scoring=goodness, refit=lambda results: 0).fit(texts, y)
    assert chosen.best_params_ == chosen.cv_results_["params"][0]
    assert chosen.best_estimator_.epochs == chosen.n_resources_[0]
    left_out = search_of(counted(), space, scoring=goodness, refit=False).fit(texts, y)
    assert left_out.best_params_["good"] == 4
    assert not hasattr(left_out, "best_estimator_")


def test_groups_reach_the_folds(counted, texts, y):
    groups = np.arange(len(y)) % 3
    search = search_of(counted(), {"good": [1, 2, 3, 4]}, scoring=goodness, cv=GroupKFold(3))
    assert search.fit(texts, y, groups=groups).n_splits_ == 3


def test_weights_are_routed(texts, y):
    weight = np.linspace(0.1, 5, len(y))
    estimator = network()
    with sklearn.config_context(enable_metadata_routing=True):
        estimator.named_steps["clf"].set_fit_request(sample_weight=True)
        accuracy = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        routed = search_of(estimator, scoring=accuracy).fit(texts, y, sample_weight=weight)
    plain = search_of().fit(texts, y, clf__sample_weight=weight)
    np.testing.assert_array_equal(routed.predict_proba(texts), plain.predict_proba(texts))


def test_lines_for_each_rung(counted, texts, y, capsys):
    search = search_of(counted(), {"good": [1, 2, 3, 4]}, scoring=goodness)
    with report_candidates(search):
        search.fit(texts, y)
    assert len(capsys.readouterr().out.splitlines()) == 4 + 2 + 1


@pytest.mark.needs("scikit-learn>=1.9")
def test_callbacks_see_rungs_and_epochs(texts, y):
    recorder = TaskRecorder()
    search_of().set_callbacks(recorder).fit(texts, y)
    assert recorder.n_open == 0
    begun = task_names(recorder.begun)
    rungs = [name for name in begun if name.count("/") == 2 and "halving" in name]
    assert rungs == [f"fit0/search0/halving-iteration{i}" for i in range(3)]
    epochs = [name for name in begun if "epoch" in name.rpartition("/")[2]]
    assert len(epochs) == 2 * (4 * 1 + 2 * 1 + 1 * 2) + 4  # each once, and the refit


# Estimators that cannot be continued


@pytest.mark.parametrize(
    ("estimator", "params", "message"),
    [
        (network(epochs="auto"), {}, "clf__epochs='auto' in estimator, expected an int"),
        (network(epochs=2), {"min_epochs": 3}, "of min_epochs=3 or more"),
        (network(), {"space": {"clf__epochs": [1, 2, 3, 4]}}, "among the parameters searched"),
        (make_pipeline(CountVectorizer(), LogisticRegression()), {}, "no parameter 'logistic"),
        (
            network(),
            {"space": {"clf__warm_start": [True]}, "n_iter": 1},
            "'clf__warm_start' is among the",
        ),
        (
            network(),
            {"space": {"clf": [KerasTextClassifier()]}, "n_iter": 1},
            "'clf' is among the parameters",
        ),
        (network(early_stopping=True), {}, "early_stopping=True, expected False"),
        (network(), {"resource": "clf__epoch"}, r"candidates are \['clf__epochs'\]"),
        (network(), {"scoring": ["accuracy", "f1"]}, "refit=True with several scores"),
        (network(), {"factor": 1}, "'factor' parameter of EpochHalvingSearchCV"),
        (network(), {"warm_start": True}, "warm_start=True makes KerasTextClassifier train epochs"),
        (network(), {"resource": "clf__batch_size"}, "no number of epochs, expected 'clf__epochs'"),
        (
            network(),
            {"space": {"clf__early_stopping": [False, True]}, "n_iter": 2},
            "'clf__early_stopping' is among the",
        ),
        (
            make_pipeline(CountVectorizer(), SGDClassifier()),
            {"resource": "sgdclassifier__max_iter", "warm_start": True},
            "warm_start=True makes SGDClassifier train max_iter=1000 further",
        ),
    ],
)
def test_estimators_that_cannot_be_continued_are_errors(estimator, params, message, texts, y):
    search = search_of(estimator, **params)
    with pytest.raises(ValueError, match=message):
        search.fit(texts, y)
    assert not hasattr(search, "cv_results_")


def test_a_classifier_without_labels_is_an_error_before_any_fit(counted, texts):
    with pytest.raises(ValueError, match="requires y to be passed"):
        search_of(counted(), {"good": [1, 2, 3, 4]}).fit(texts)
    assert not counted.trained


def test_several_scores_without_refit_are_an_error_before_any_fit(counted, texts, y):
    search = search_of(counted(), {"good": [1, 2, 3, 4]}, scoring=["accuracy", "f1"])
    with report_candidates(search), pytest.raises(ValueError, match="as in refit='accuracy'"):
        search.fit(texts, y)
    assert not counted.trained


def test_boosting_counts_its_iterations_in_total():
    X, y = make_classification(120, random_state=0)
    estimator = HistGradientBoostingClassifier(max_iter=8, random_state=0)
    space = {"max_depth": [1, 2, 3, 4]}
    search = search_of(estimator, space, resource="max_iter", warm_start=True).fit(X, y)
    best = clone(estimator).set_params(**search.best_params_)
    assert cross_val_score(best, X, y, cv=FOLDS).mean() == search.best_score_
