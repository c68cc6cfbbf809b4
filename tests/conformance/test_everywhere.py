"""The classifier works wherever scikit-learn takes a classifier.

`TABLE`, at the end, lists each place and the forms of X for it: raw texts wherever
scikit-learn takes them, else one column of texts, (n_samples, 1), or padded ids. Where it refuses
texts, a pipeline of CountVectorizer and LogisticRegression is refused in the same way.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils.fixes import parse_version

from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.model_selection import EpochHalvingSearchCV
from sklearn_textnn.networks import DenseNetwork
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer

FOLDS = StratifiedKFold(2)
# "temperature" from scikit-learn 1.8 on
CALIBRATIONS = sorted(CalibratedClassifierCV._parameter_constraints["method"][0].options)


@pytest.fixture(scope="module")
def make_given(ids, texts, labels, three_labels, indicator, tiny, text_pipeline):
    """Return a maker of classifier, samples in one form, and labels for a place."""

    def make(form):
        case = SimpleNamespace(y3=three_labels, indicator=indicator, tiny=tiny)
        case.y = np.array(["blame", "praise"])[labels]
        case.X = {
            "ids": ids,
            "texts": texts,
            "column": np.array(texts, dtype=object)[:, None],
            "frame": pd.DataFrame({"text": texts, "length": [len(text) for text in texts]}),
        }[form]
        case.clf = tiny() if form == "ids" else text_pipeline()
        case.prefix = "" if form == "ids" else "clf__"
        return case

    return make


def network(estimator):
    """Return the classifier of this package that an estimator is or ends in."""
    return estimator[-1] if isinstance(estimator, Pipeline) else estimator


def units(estimator):
    """Return the width of the hidden layer that was trained."""
    return network(estimator).weights_[1].shape[1]


def same_weights(a, b):
    pairs = zip(network(a).weights_, network(b).weights_, strict=True)
    return all(np.array_equal(left, right) for left, right in pairs)


class Watch:
    """A scorer that records a property of each estimator."""

    def __init__(self, look):
        self.look, self.seen = look, []

    def __call__(self, estimator, X, y):
        self.seen.append(self.look(estimator))
        return estimator.score(X, y)


def assert_predicts(estimator, X, y):
    """Check that predictions are labels of `y`, and probabilities theirs."""
    probabilities = estimator.predict_proba(X)
    np.testing.assert_array_equal(estimator.classes_, np.unique(y))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    expected = estimator.classes_[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(estimator.predict(X), expected)


# Searches: the grid has to change the network that is trained


def grid_search(case):
    widths = Watch(units)
    key = f"{case.prefix}model__units"
    search = GridSearchCV(case.clf, {key: [2, 3]}, cv=FOLDS, scoring=widths, error_score="raise")
    search.fit(case.X, case.y)
    assert widths.seen == [2, 2, 3, 3]
    assert units(search.best_estimator_) == search.best_params_[key]
    assert_predicts(search, case.X, case.y)


def randomized_search(case):
    trained = Watch(lambda clf: (network(clf).n_iter_, network(clf).weights_[1].tolist()))
    space = {
        f"{case.prefix}epochs": [1, 2],
        f"{case.prefix}optimizer__learning_rate": loguniform(1e-3, 1e-1),
    }
    search = RandomizedSearchCV(
        case.clf, space, n_iter=3, cv=FOLDS, scoring=trained, random_state=0, error_score="raise"
    ).fit(case.X, case.y)
    chosen = [params[f"{case.prefix}epochs"] for params in search.cv_results_["params"]]
    assert [n for n, _ in trained.seen[::2]] == chosen
    weights = [weights for _, weights in trained.seen]
    assert all(weights.count(w) == 1 for w in weights)  # they differ between rates and folds
    assert_predicts(search, case.X, case.y)


def halving_search(case):
    epochs = Watch(lambda clf: (network(clf).n_iter_, units(clf)))
    search = HalvingRandomSearchCV(
        case.clf,
        {f"{case.prefix}model__units": [2, 3]},
        n_candidates=2,
        resource=f"{case.prefix}epochs",
        max_resources=2,
        min_resources=1,
        factor=2,
        cv=FOLDS,
        scoring=epochs,
        return_train_score=False,
        random_state=0,
        error_score="raise",
    ).fit(case.X, case.y)
    assert search.n_resources_ == [1, 2]
    best = search.best_params_[f"{case.prefix}model__units"]
    assert sorted(epochs.seen[:4]) == [(1, 2), (1, 2), (1, 3), (1, 3)]
    assert epochs.seen[4:] == [(2, best), (2, best)]
    assert_predicts(search, case.X, case.y)


def epoch_halving_search(case):
    epochs = Watch(lambda clf: (network(clf).n_iter_, units(clf)))
    search = EpochHalvingSearchCV(
        clone(case.clf).set_params(**{f"{case.prefix}epochs": 2}),
        {f"{case.prefix}model__units": [2, 3]},
        n_iter=2,
        factor=2,
        cv=FOLDS,
        scoring=epochs,
        random_state=0,
        error_score="raise",
    ).fit(case.X, case.y)
    best = search.best_params_[f"{case.prefix}model__units"]
    assert sorted(epochs.seen[:4]) == [(1, 2), (1, 2), (1, 3), (1, 3)]
    assert epochs.seen[4:] == [(2, best), (2, best)]
    assert_predicts(search, case.X, case.y)


def nested_search(case):
    key = f"{case.prefix}model__units"
    search = GridSearchCV(case.clf, {key: [2, 3]}, cv=FOLDS)
    found = cross_validate(
        search, case.X, case.y, cv=FOLDS, return_estimator=True, error_score="raise"
    )
    for inner in found["estimator"]:
        assert units(inner.best_estimator_) == inner.best_params_[key]
    assert not same_weights(*(inner.best_estimator_ for inner in found["estimator"]))


# Classifiers made of classifiers


def voting(case):
    other = clone(case.clf).set_params(**{f"{case.prefix}random_state": 1})
    vote = VotingClassifier([("a", case.clf), ("b", other)], voting="soft")
    vote.fit(case.X, case.y)
    assert not same_weights(*vote.estimators_)
    mean = np.mean([clf.predict_proba(case.X) for clf in vote.estimators_], axis=0)
    np.testing.assert_array_equal(vote.predict_proba(case.X), mean)
    assert_predicts(vote, case.X, case.y)


def stacking(case):
    other = clone(case.clf).set_params(**{f"{case.prefix}random_state": 1})
    stack = StackingClassifier([("a", case.clf), ("b", other)], LogisticRegression(), cv=FOLDS).fit(
        case.X, case.y
    )
    assert stack.stack_method_ == ["predict_proba", "predict_proba"]
    expected = [clf.predict_proba(case.X)[:, 1] for clf in stack.estimators_]
    np.testing.assert_array_equal(stack.transform(case.X), np.column_stack(expected))
    assert_predicts(stack, case.X, case.y)


def calibration(case):
    for method in CALIBRATIONS:
        calibrated = CalibratedClassifierCV(case.clf, method=method, cv=FOLDS)
        calibrated.fit(case.X, case.y)
        assert len(calibrated.calibrated_classifiers_) == 2
        assert_predicts(calibrated, case.X, case.y)
    frozen = FrozenEstimator(clone(case.clf).fit(case.X, case.y))
    calibrated = CalibratedClassifierCV(frozen, cv=FOLDS).fit(case.X, case.y)
    assert_predicts(calibrated, case.X, case.y)


def bagging(case):
    bag = BaggingClassifier(case.clf, n_estimators=3, random_state=0).fit(case.X, case.y)
    assert len(bag.estimators_) == 3
    assert not same_weights(*bag.estimators_[:2])
    mean = np.mean([clf.predict_proba(case.X) for clf in bag.estimators_], axis=0)
    np.testing.assert_allclose(bag.predict_proba(case.X), mean, atol=1e-7)
    assert_predicts(bag, case.X, case.y)


def boosting(case):
    # a weak learner, since a perfect one ends the boosting
    case.clf.set_params(model__pooling="max", epochs=15, optimizer__learning_rate=0.03)
    boost = AdaBoostClassifier(case.clf, n_estimators=3, random_state=0).fit(case.X, case.y)
    assert len(boost.estimators_) == 3
    assert not same_weights(*boost.estimators_[:2])
    assert boost.score(case.X, case.y) > 0.85
    assert_predicts(boost, case.X, case.y)


def one_versus_rest(case):
    rest = OneVsRestClassifier(case.clf).fit(case.X, case.y3)
    assert [network(clf).classes_.tolist() for clf in rest.estimators_] == [[0, 1]] * 3
    assert_predicts(rest, case.X, case.y3)
    several = OneVsRestClassifier(case.clf).fit(case.X, case.indicator)
    columns = [clf.predict_proba(case.X)[:, 1] for clf in several.estimators_]
    np.testing.assert_array_equal(several.predict_proba(case.X), np.column_stack(columns))


def several_outputs(case):
    many = MultiOutputClassifier(case.clf).fit(case.X, case.indicator)
    columns = [clf.predict(case.X) for clf in many.estimators_]
    np.testing.assert_array_equal(many.predict(case.X), np.column_stack(columns))


def chain(case):
    links = ClassifierChain(case.tiny(model=DenseNetwork(units=2)), order=[2, 0, 1])
    links.fit(case.X, case.indicator)
    assert [clf.n_features_in_ for clf in links.estimators_] == [6, 7, 8]
    assert links.predict_proba(case.X).shape == case.indicator.shape


def self_training(case):
    y = np.where(np.arange(48) % 3, case.y == "praise", -1)
    learner = SelfTrainingClassifier(case.clf, threshold=0.5, max_iter=1).fit(case.X, y)
    assert np.count_nonzero(learner.labeled_iter_ == 1) == 16
    assert_predicts(learner, case.X, [0, 1])


def threshold(case):
    tuned = TunedThresholdClassifierCV(case.clf, cv=FOLDS, scoring="balanced_accuracy")
    tuned.fit(case.X, case.y)
    praise = tuned.estimator_.predict_proba(case.X)[:, 1] >= tuned.best_threshold_
    expected = np.where(praise, "praise", "blame")
    np.testing.assert_array_equal(tuned.predict(case.X), expected)


# Columns and blocks


def column_transformer(case):
    ids = make_pipeline(KerasTokenizerTransformer(), PadTransformer())
    X = case.X
    expected = make_pipeline(ids, case.tiny()).fit(X["text"], case.y).predict_proba(X["text"])
    for column in ("text", ["text"]):
        pipeline = make_pipeline(ColumnTransformer([("ids", clone(ids), column)]), case.tiny())
        found = pipeline.fit(X, case.y).predict_proba(X)
        np.testing.assert_array_equal(found, expected)
    features = ColumnTransformer(
        [("words", CountVectorizer(), "text"), ("length", StandardScaler(), ["length"])]
    )
    pipeline = make_pipeline(features, case.tiny(model=DenseNetwork(units=2))).fit(X, case.y)
    assert network(pipeline).n_features_in_ == 6
    assert_predicts(pipeline, X, case.y)


def feature_union(case):
    ids = make_pipeline(KerasTokenizerTransformer(), PadTransformer())
    plain = make_pipeline(ids, case.tiny()).fit(case.X, case.y)
    union = make_pipeline(FeatureUnion([("ids", clone(ids))]), case.tiny()).fit(case.X, case.y)
    np.testing.assert_array_equal(union.predict_proba(case.X), plain.predict_proba(case.X))
    both = FeatureUnion([("counts", CountVectorizer()), ("tfidf", TfidfVectorizer())])
    pipeline = make_pipeline(both, case.tiny(model=DenseNetwork(units=2))).fit(case.X, case.y)
    assert network(pipeline).n_features_in_ == 10
    assert_predicts(pipeline, case.X, case.y)


# Model evaluation


def out_of_fold_predictions(case):
    predicted = {
        method: cross_val_predict(case.clf, case.X, case.y, cv=FOLDS, method=method)
        for method in ("predict", "predict_proba", "decision_function")
    }
    praise = predicted["predict_proba"][:, 1] > 0.5
    np.testing.assert_array_equal(predicted["predict"] == "praise", praise)
    np.testing.assert_array_equal(predicted["decision_function"] > 0, praise)


def learning_curves(case):
    sizes, *scores = learning_curve(
        case.clf, case.X, case.y, train_sizes=[8, 24], cv=FOLDS, error_score="raise"
    )
    assert sizes.tolist() == [8, 24]
    assert [s.shape for s in scores] == [(2, 2), (2, 2)]
    assert np.isfinite(scores).all()


def learning_curve_in_parts(case):
    _, *scores = learning_curve(
        case.clf,
        case.X,
        case.y,
        train_sizes=[8, 24],
        cv=FOLDS,
        exploit_incremental_learning=True,
        error_score="raise",
    )
    assert np.isfinite(scores).all()


def validation_curves(case):
    widths = Watch(units)
    validation_curve(
        case.clf,
        case.X,
        case.y,
        param_name=f"{case.prefix}model__units",
        param_range=[2, 3],
        cv=FOLDS,
        scoring=widths,
        error_score="raise",
    )
    assert sorted(widths.seen) == [2, 2, 2, 2, 3, 3, 3, 3]  # training and test folds


def permutation_test(case):
    score, permuted, p = permutation_test_score(
        case.clf, case.X, case.y, cv=FOLDS, n_permutations=2, random_state=0
    )
    assert permuted.shape == (2,)
    assert p == (np.count_nonzero(permuted >= score) + 1) / 3


def importance(case):
    """The column that determines y is important; a constant one is not."""
    case.clf.set_params(
        **{f"{case.prefix}epochs": 25, f"{case.prefix}optimizer__learning_rate": 0.05}
    )
    if isinstance(case.X, pd.DataFrame):
        case.clf = make_pipeline(
            ColumnTransformer([("text", case.clf[:-1], "text")]), *case.clf[-1:]
        )
    case.clf.fit(case.X, case.y)
    found = permutation_importance(case.clf, case.X, case.y, n_repeats=2, random_state=0)
    means = found.importances_mean
    assert means.shape == (np.shape(case.X)[1],)
    assert means[0] > 0.05
    assert means[1:].tolist() == [0.0] if isinstance(case.X, pd.DataFrame) else means.max() > 0.05


# Settings


def metadata(case):
    hands_on = parse_version(sklearn.__version__) >= parse_version("1.7")  # weights to scorers
    if case.prefix and not hands_on:
        pytest.skip("a search over a Pipeline cannot request weights for its score")
    weight = np.linspace(0.1, 3, 48)
    key = f"{case.prefix}sample_weight"
    expected = clone(case.clf).fit(case.X, case.y, **{key: weight})
    assert not same_weights(expected, clone(case.clf).fit(case.X, case.y))
    grid = {f"{case.prefix}model__units": [2]}
    search = GridSearchCV(case.clf, grid, cv=FOLDS, error_score="raise")
    off = clone(search).fit(case.X, case.y, **{key: weight})
    assert same_weights(off.best_estimator_, expected)
    with sklearn.config_context(enable_metadata_routing=True):
        network(case.clf).set_fit_request(sample_weight=True)
        network(case.clf).set_score_request(sample_weight=True)
        on = clone(search).fit(case.X, case.y, sample_weight=weight)
        assert same_weights(on.best_estimator_, expected)
        network(case.clf).set_fit_request(sample_weight=False)
        ignored = clone(search).fit(case.X, case.y, sample_weight=weight)
    assert not same_weights(ignored.best_estimator_, expected)
    X, (train, test) = np.asarray(case.X), next(FOLDS.split(case.X, case.y))
    fold = clone(case.clf).fit(X[train], case.y[train], **{key: weight[train]})
    weighted = {"sample_weight": weight[test]}
    for found, how in ((off, weighted if hands_on and not case.prefix else {}), (on, weighted)):
        expected = fold.score(X[test], case.y[test], **how)
        assert found.cv_results_["split0_test_score"][0] == pytest.approx(expected)


def frames_between_steps(case):
    plain = clone(case.clf).fit(case.X, case.y).predict_proba(case.X)
    framed = case.clf.set_output(transform="pandas").fit(case.X, case.y)
    names = [f"padtransformer{i}" for i in range(6)]
    assert framed[:-1].transform(case.X).columns.tolist() == names
    assert network(framed).feature_names_in_.tolist() == names
    np.testing.assert_array_equal(framed.predict_proba(case.X), plain)


def frames_of_shuffled_rows(case):
    """Frames that scikit-learn joins by their index have matching rows."""
    frame = case.X.sample(frac=1, random_state=0)
    frame = frame.assign(place=np.arange(len(frame))).iloc[::2]
    vectors = WordVectors(["food", "good", "bad", "fine", "poor"], np.eye(5))
    ids = make_pipeline(KerasTokenizerTransformer(), PadTransformer(maxlen=6))
    pooled = make_pipeline(KerasTokenizerTransformer(), GloVeEmbedder(vectors, output="mean"))
    for blocks in (ids, pooled, make_pipeline(FeatureUnion([("a", ids), ("b", pooled)]))):
        expected = np.asarray(clone(blocks).fit_transform(frame["text"]))
        columns = ColumnTransformer([("text", blocks, "text")], remainder="passthrough")
        columns.set_output(transform="pandas")
        for found in (columns.fit_transform(frame), columns.transform(frame)):
            assert found.index.equals(frame.index)
            assert found["remainder__place"].tolist() == frame["place"].tolist()
            np.testing.assert_array_equal(found.iloc[:, :-2], expected)


def memory(case, tmp_path):
    plain = clone(case.clf).fit(case.X, case.y).predict_proba(case.X)
    cached = case.clf.set_params(memory=str(tmp_path))
    first = clone(cached).fit(case.X, case.y)
    stored = sorted(tmp_path.rglob("output.pkl"))
    second = clone(cached).fit(case.X, case.y)
    assert len(stored) == 2
    assert sorted(tmp_path.rglob("output.pkl")) == stored
    for pipeline in (first, second):
        np.testing.assert_array_equal(pipeline.predict_proba(case.X), plain)


def html(case):
    steps = ["KerasTokenizerTransformer", "PadTransformer", "KerasTextClassifier", "PoolingNetwork"]
    for pipeline in (case.clf, clone(case.clf).fit(case.X, case.y)):
        page = pipeline._repr_html_()
        assert [name for name in steps if name not in page] == []
        assert "embedding_dim=3" in page
    assert "<span>Fitted</span>" in page


TABLE = {
    grid_search: ("texts", "column", "ids"),
    randomized_search: ("texts", "ids"),
    halving_search: ("texts", "ids"),
    epoch_halving_search: ("texts", "ids"),
    nested_search: ("texts", "ids"),
    voting: ("texts", "ids"),
    stacking: ("texts", "ids"),
    calibration: ("texts", "ids"),
    bagging: ("column", "ids"),  # refuses texts
    boosting: ("ids",),  # refuses texts, and pipelines
    one_versus_rest: ("texts", "ids"),
    several_outputs: ("texts", "ids"),
    chain: ("ids",),  # refuses texts
    self_training: ("ids",),  # refuses texts
    threshold: ("texts", "ids"),
    column_transformer: ("frame",),
    feature_union: ("texts",),
    out_of_fold_predictions: ("texts", "ids"),
    learning_curves: ("texts", "ids"),
    learning_curve_in_parts: ("ids",),  # pipelines have no partial_fit
    validation_curves: ("texts", "ids"),
    permutation_test: ("texts", "ids"),
    importance: ("column", "frame", "ids"),  # refuses texts
    metadata: ("texts", "ids"),
    frames_between_steps: ("texts", "column"),
    frames_of_shuffled_rows: ("frame",),
    memory: ("texts", "column"),
    html: ("texts",),
}
ROWS = [
    pytest.param(place, form, id=f"{place.__name__} of {form}")
    for place, forms in TABLE.items()
    for form in forms
]


@pytest.mark.parametrize(("place", "form"), ROWS)
def test_a_classifier_works_there(place, form, make_given, tmp_path):
    extra = (tmp_path,) if place is memory else ()
    place(make_given(form), *extra)


# Where scikit-learn refuses texts


REFUSALS = {
    "BaggingClassifier": lambda clf, X, y: BaggingClassifier(clf).fit(X, y),
    "AdaBoostClassifier": lambda clf, X, y: AdaBoostClassifier(clf).fit(X, y),
    "permutation_importance": lambda clf, X, y: permutation_importance(clf.fit(X, y), X, y),
    "ClassifierChain": lambda clf, X, y: ClassifierChain(clf).fit(
        X, np.eye(2, dtype=int)[[0, 1] * 24]
    ),
    "SelfTrainingClassifier": lambda clf, X, y: SelfTrainingClassifier(clf).fit(X, y),
}


@pytest.mark.parametrize("place", REFUSALS)
def test_scikit_learn_refuses_raw_texts_for_its_own_estimators_too(
    place, text_pipeline, texts, labels
):
    linear = make_pipeline(CountVectorizer(), LogisticRegression())
    messages = []
    for pipeline in (text_pipeline(), linear):
        with pytest.raises(ValueError, match="Expected 2D array, got 1D array") as caught:
            REFUSALS[place](pipeline, texts, labels)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_adaboost_needs_weights_that_pipelines_do_not_take(text_pipeline, texts, labels):
    column = np.array(texts, dtype=object)[:, None]
    with pytest.raises(ValueError, match="Pipeline doesn't support sample_weight"):
        AdaBoostClassifier(text_pipeline()).fit(column, labels)


# Scorers


@pytest.mark.needs("scikit-learn>=1.9")  # whose scorers are counted
@pytest.mark.filterwarnings("ignore")  # from the reference: perfect scores, and rows that sum to 3
@pytest.mark.parametrize("target", ["labels", "three_labels", "indicator"])
def test_every_scorer_that_applies_to_scikit_learns_network_applies_here(
    target, tiny, ids, request
):
    """Scorers that do not apply to MLPClassifier, such as R2 of strings, are refused here, too."""
    y = request.getfixturevalue(target)
    reference = MLPClassifier((2,), solver="lbfgs", max_iter=500, random_state=0).fit(ids, y)
    clf = tiny().fit(ids, y)

    def measured(estimator, name):
        try:
            return bool(np.isfinite(get_scorer(name)(estimator, ids, y)))
        except (ValueError, TypeError) as error:
            return type(error)

    names = get_scorer_names()
    expected = {name: measured(reference, name) for name in names}
    assert {name: measured(clf, name) for name in names} == expected
    applying = [name for name, value in expected.items() if value is True]
    assert len(applying) == {"labels": 52, "three_labels": 34, "indicator": 37}[target]
