import re
import time

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from sklearn_textnn.model_selection import compare_classifiers


class Recorder(ClassifierMixin, BaseEstimator):
    """Record the input; predict the first class."""

    def __init__(self, delay=0.0, fails=False):
        self.delay = delay
        self.fails = fails

    def fit(self, X, y, sample_weight=None):
        time.sleep(self.delay)
        if self.fails:
            raise RuntimeError("no memory left")
        self.X_, self.y_, self.sample_weight_ = list(X), list(y), sample_weight
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def pipeline():
    return Pipeline([("counts", CountVectorizer()), ("clf", LogisticRegression())])


def grid_search(**kwargs):
    return GridSearchCV(pipeline(), {"clf__C": [0.1, 10.0]}, cv=2, **kwargs)


# -- Measurements -------------------------------------------------------------------------------


def test_scores_are_those_of_cross_validate_on_the_same_folds(texts, y):
    classifiers = {"LR": pipeline(), "NB": make_pipeline(TfidfVectorizer(), MultinomialNB())}
    comparison = compare_classifiers(
        classifiers, texts, y, cv=3, scoring=["accuracy", "neg_log_loss"], random_state=7
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=7)
    for name, classifier in classifiers.items():
        reference = cross_validate(
            classifier, texts, y, cv=folds, scoring=["accuracy", "neg_log_loss"]
        )
        rows = comparison.scores[comparison.scores["classifier"] == name]
        for metric in ["test_accuracy", "test_neg_log_loss"]:
            np.testing.assert_array_equal(rows[metric], reference[metric])


def test_a_search_is_nested_in_each_outer_fold(texts, y):
    comparison = compare_classifiers({"LR": grid_search()}, texts, y, cv=3, random_state=0)
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(texts, y)
    for (train, test), (_, row) in zip(folds, comparison.scores.iterrows(), strict=True):
        by_hand = grid_search().fit([texts[i] for i in train], y[train])
        assert row["test_accuracy"] == by_hand.score([texts[i] for i in test], y[test])
        assert row["inner_score"] == by_hand.best_score_
        assert row["params"] == by_hand.best_params_
        assert (row["n_train"], row["n_test"]) == (16, 8)


def test_every_classifier_gets_the_same_folds(texts, y):
    comparison = compare_classifiers(
        {"a": Recorder(), "b": Recorder()}, texts, y, return_estimators=True
    )
    a, b = comparison.estimators_["a"], comparison.estimators_["b"]
    assert len(a) == len(b) == 5
    assert [clf.X_ for clf in a] == [clf.X_ for clf in b]
    assert len({tuple(clf.X_) for clf in a}) == 5


def test_no_word_of_a_held_out_text_is_learned(texts, y):
    folds = list(StratifiedKFold(4).split(texts, y))
    classifiers = {"search": grid_search(), "plain": pipeline()}
    comparison = compare_classifiers(classifiers, texts, y, cv=folds, return_estimators=True)
    for search, plain, (train, test) in zip(*comparison.estimators_.values(), folds, strict=True):
        for fitted in [search.best_estimator_, plain]:
            vocabulary = fitted["counts"].vocabulary_
            assert not [i for i in test if f"number{i}" in vocabulary]
            assert all(f"number{i}" in vocabulary for i in train)


def test_fit_time_is_in_seconds_and_includes_the_inner_search(texts, y):
    search = GridSearchCV(Recorder(), {"delay": [0.02, 0.021]}, cv=2)  # 2 * 2 fits and a refit
    start = time.perf_counter()
    comparison = compare_classifiers({"search": search}, texts, y, cv=2)
    elapsed = time.perf_counter() - start  # of two fits, one after the other
    fit_time, score_time = comparison.scores["fit_time"], comparison.scores["score_time"]
    assert (fit_time >= 5 * 0.02).all()
    assert (score_time >= 0).all()
    assert fit_time.sum() + score_time.sum() <= elapsed


SEARCHES = {
    "grid": grid_search(),
    "random": RandomizedSearchCV(
        pipeline(), {"clf__C": [0.1, 1.0, 10.0]}, n_iter=2, cv=2, random_state=0
    ),
    "halving": HalvingGridSearchCV(
        pipeline(), {"clf__C": [0.1, 10.0]}, cv=2, min_resources=8, random_state=0
    ),
    "last step": Pipeline(
        [
            ("counts", CountVectorizer()),
            ("search", GridSearchCV(LogisticRegression(), {"C": [0.1, 10.0]}, cv=2)),
        ]
    ),
}


@pytest.mark.parametrize("kind", SEARCHES)
def test_the_choice_of_any_search_is_recorded(texts, y, kind):
    comparison = compare_classifiers({kind: SEARCHES[kind]}, texts, y, cv=2, return_estimators=True)
    for fitted, row in zip(
        comparison.estimators_[kind], comparison.scores.itertuples(), strict=True
    ):
        search = fitted["search"] if kind == "last step" else fitted
        assert row.params == search.best_params_ != {}
        assert row.inner_score == search.best_score_


def test_numpy_scalars_among_the_params_become_python_s(texts, y):
    search = GridSearchCV(pipeline(), {"clf__C": np.array([0.1, 10.0])}, cv=2)
    comparison = compare_classifiers({"LR": search}, texts, y, cv=2)
    assert {type(params["clf__C"]) for params in comparison.scores["params"]} == {float}


def test_a_classifier_without_a_search_has_no_params(texts, y):
    scores = compare_classifiers({"LR": pipeline()}, texts, y, cv=2).scores
    assert list(scores["params"]) == [{}, {}]
    assert scores["inner_score"].isna().all()


def test_the_passed_classifiers_stay_unfitted(texts, y):
    classifier = pipeline()
    compare_classifiers({"LR": classifier}, texts, y, cv=2, refit=True)
    with pytest.raises(NotFittedError):
        check_is_fitted(classifier)


# -- Scoring --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scoring", "columns"),
    [
        ("f1_macro", ["test_f1_macro"]),
        (make_scorer(accuracy_score), ["test_score"]),
        (["roc_auc", "accuracy"], ["test_roc_auc", "test_accuracy"]),
        ({"mine": make_scorer(accuracy_score), "its": "f1_macro"}, ["test_mine", "test_its"]),
    ],
)
def test_each_score_has_a_column(texts, y, scoring, columns):
    scores = compare_classifiers({"LR": pipeline()}, texts, y, cv=2, scoring=scoring).scores
    assert [column for column in scores if column.startswith("test_")] == columns
    assert scores[columns].notna().all(axis=None)


# -- Folds ----------------------------------------------------------------------------------------


def test_a_number_of_folds_is_stratified(texts):
    y = np.array([0] * 18 + [1] * 6)
    comparison = compare_classifiers({"a": Recorder()}, texts, y, cv=6, return_estimators=True)
    assert [sum(clf.y_) for clf in comparison.estimators_["a"]] == [5] * 6


def test_an_indicator_of_labels_is_split_without_stratification():
    X, y = np.arange(12).reshape(-1, 1), np.array([[1, 0], [1, 1], [0, 1]] * 4)
    scores = compare_classifiers(
        {"dummy": DummyClassifier(strategy="uniform", random_state=0)}, X, y, cv=3
    ).scores
    assert list(scores["n_test"]) == [4, 4, 4]


def test_random_state_determines_the_folds(texts, y):
    def training_parts(seed):
        comparison = compare_classifiers(
            {"a": Recorder()}, texts, y, random_state=seed, return_estimators=True
        )
        return [clf.X_ for clf in comparison.estimators_["a"]]

    assert training_parts(3) == training_parts(3)
    assert training_parts(3) != training_parts(4)


@pytest.mark.parametrize(
    ("cv", "n_folds"),
    [
        (KFold(4), 4),
        (RepeatedStratifiedKFold(n_splits=2, n_repeats=3, random_state=0), 6),
        (None, 5),
    ],
)
def test_cv_may_be_a_splitter(texts, y, cv, n_folds):
    y = np.tile(["positive", "negative"], 12)
    assert compare_classifiers({"a": Recorder()}, texts, y, cv=cv).n_folds == n_folds


def test_an_iterable_of_splits_is_read_once_for_all_classifiers(texts, y):
    folds = list(StratifiedKFold(3).split(texts, y))
    reads = []

    def splits():
        for train, test in folds:
            reads.append(len(train))
            yield train, test

    comparison = compare_classifiers({"a": Recorder(), "b": Recorder()}, texts, y, cv=splits())
    assert comparison.n_folds == 3
    assert reads == [16, 16, 16]


def test_splits_may_be_masks_or_lists(texts, y):
    test = np.arange(24) % 3 == 0
    by_mask = compare_classifiers({"LR": pipeline()}, texts, y, cv=[(~test, test)]).scores
    as_list = [(np.flatnonzero(~test).tolist(), np.flatnonzero(test).tolist())]
    by_list = compare_classifiers({"LR": pipeline()}, texts, y, cv=as_list).scores
    assert by_mask["n_train"][0] == by_list["n_train"][0] == 16
    assert by_mask["test_accuracy"][0] == by_list["test_accuracy"][0]


def test_group_splitters_get_the_groups(texts, y):
    groups = np.repeat([0, 1, 2, 3], 6)
    comparison = compare_classifiers(
        {"a": Recorder()},
        texts,
        y,
        cv=GroupKFold(4),
        params={"groups": groups},
        return_estimators=True,
    )
    held_out = [set(texts) - set(clf.X_) for clf in comparison.estimators_["a"]]
    expected = [set(texts[start : start + 6]) for start in range(0, 24, 6)]
    assert sorted(map(sorted, held_out)) == sorted(map(sorted, expected))


# -- Parameters of fit ----------------------------------------------------------------------------


def test_rows_of_params_are_selected_with_the_texts(texts, y):
    weights = np.arange(24.0)
    comparison = compare_classifiers(
        {"a": Recorder()}, texts, y, params={"sample_weight": weights}, return_estimators=True
    )
    for clf in comparison.estimators_["a"]:
        np.testing.assert_array_equal(clf.sample_weight_, [texts.index(text) for text in clf.X_])


def test_with_metadata_routing_requested_groups_are_passed(texts, y):
    groups = np.tile(np.arange(4), 6)
    inner = GridSearchCV(pipeline(), {"clf__C": [1.0]}, cv=GroupKFold(2))
    with config_context(enable_metadata_routing=True):
        comparison = compare_classifiers(
            {"search": inner, "plain": pipeline()},
            texts,
            y,
            cv=GroupKFold(2),
            params={"groups": groups},
            refit=True,
        )
    assert comparison.scores["test_accuracy"].notna().all()
    assert len(comparison.scores) == 4


def test_with_metadata_routing_scorers_get_their_weights(texts, y):
    weights = np.where(y == "positive", 1.0, 0.0)  # Recorder always says "negative"
    scorer = make_scorer(accuracy_score)
    with config_context(enable_metadata_routing=True):
        comparison = compare_classifiers(
            {"a": Recorder().set_fit_request(sample_weight=False)},
            texts,
            y,
            cv=2,
            scoring=scorer.set_score_request(sample_weight=True),
            params={"sample_weight": weights},
            refit=True,
        )
    assert list(comparison.scores["test_score"]) == [0.0, 0.0]
    assert comparison.best_estimator_.sample_weight_ is None


# -- Containers -----------------------------------------------------------------------------------


class Rows:
    """A container that scikit-learn can only select rows of, as of an array."""

    def __init__(self, values):
        self.values = values
        self.shape = (len(values),)

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)

    def __getitem__(self, key):
        rows, _ = key  # X[rows, ...]
        return Rows([self.values[row] for row in rows])


CONTAINERS = {
    "array": np.array,
    "objects": lambda texts: np.array(texts, dtype=object),
    "series": lambda texts: pd.Series(texts, index=[f"row {i}" for i in range(len(texts))]),
    "rows": Rows,
    "tuple": tuple,
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_texts_may_come_in_any_container(texts, y, kind):
    expected = compare_classifiers({"LR": pipeline()}, texts, y, cv=3, random_state=0).scores
    X = CONTAINERS[kind](texts)
    scores = compare_classifiers({"LR": pipeline()}, X, y, cv=3, random_state=0).scores
    np.testing.assert_array_equal(scores["test_accuracy"], expected["test_accuracy"])


def test_features_may_be_sparse_or_a_frame(texts, y):
    counts = CountVectorizer().fit_transform(texts)
    frame = pd.DataFrame(counts.toarray())
    one, other = (
        compare_classifiers({"LR": LogisticRegression()}, X, list(y), cv=3, random_state=0)
        for X in [counts, frame]
    )
    np.testing.assert_array_equal(one.scores["test_accuracy"], other.scores["test_accuracy"])


# -- Progress and processes -----------------------------------------------------------------------


def test_verbose_prints_a_line_for_each_task(texts, y, capsys):
    compare_classifiers(
        {"counts + LR": grid_search(), "NB": make_pipeline(CountVectorizer(), MultinomialNB())},
        texts, y, cv=5, random_state=0, scoring=["accuracy", "roc_auc"], verbose=1,
    )  # fmt: skip
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    number = r"\d\.\d{3}"
    scores = rf"accuracy {number}, roc_auc {number} in \d+\.\d s"
    assert re.fullmatch(rf"\[ 1/10\] counts \+ LR, fold 1: {scores} \(C=(0.1|10)\)", lines[0])
    assert re.fullmatch(rf"\[10/10\] NB, fold 5: {scores}", lines[9])


def test_lines_are_printed_during_the_comparison(texts, y, capsys):
    seen = []

    class Witness(Recorder):
        def fit(self, X, y):
            seen.append(capsys.readouterr().out.count("\n"))
            return super().fit(X, y)

    compare_classifiers({"a": Witness()}, texts, y, cv=3, verbose=1)
    assert seen == [0, 1, 1]


def test_without_verbose_nothing_is_printed(texts, y, capfd):
    compare_classifiers({"LR": pipeline()}, texts, y, cv=2)
    assert capfd.readouterr() == ("", "")


def test_processes_give_the_same_scores_even_if_a_search_has_its_own(texts, y):
    def compare(n_jobs, inner):
        return compare_classifiers(
            {"search": grid_search(n_jobs=inner), "plain": pipeline()},
            texts, y, cv=3, random_state=0, n_jobs=n_jobs, return_estimators=True,
        )  # fmt: skip

    serial, parallel = compare(None, None), compare(2, 2)
    times = ["fit_time", "score_time"]
    pd.testing.assert_frame_equal(
        serial.scores.drop(columns=times), parallel.scores.drop(columns=times)
    )
    for one, other in zip(serial.estimators_["plain"], parallel.estimators_["plain"], strict=True):
        np.testing.assert_array_equal(one["clf"].coef_, other["clf"].coef_)


# -- Refit ----------------------------------------------------------------------------------------


def test_refit_fits_the_best_on_all_the_data(texts, y, capsys):
    comparison = compare_classifiers(
        {"dummy": Recorder(), "LR": grid_search()},
        texts,
        y,
        cv=2,
        refit=True,
        verbose=1,
        random_state=0,
    )
    assert comparison.best_name_ == "LR"
    assert set(texts[0].split()) <= set(
        comparison.best_estimator_.best_estimator_["counts"].vocabulary_
    )
    np.testing.assert_array_equal(
        comparison.best_estimator_.predict_proba(texts),
        grid_search().fit(texts, y).predict_proba(texts),
    )
    assert capsys.readouterr().out.endswith("fitting LR on all 24 samples\n")


def test_fitted_classifiers_are_returned_only_on_request(texts, y):
    comparison = compare_classifiers({"LR": pipeline()}, texts, y, cv=2)
    assert comparison.estimators_ is None
    assert comparison.best_estimator_ is None


# -- Failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_an_error_has_classifier_and_fold(texts, y, n_jobs):
    with pytest.raises(RuntimeError, match="no memory left") as caught:
        compare_classifiers(
            {"LR": pipeline(), "RNN": Recorder(fails=True)}, texts, y, cv=2, n_jobs=n_jobs
        )
    assert "(classifier 'RNN', outer fold" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("error_score", [np.nan, 0])
def test_a_failed_fit_leaves_the_other_scores(texts, y, error_score, capsys):
    with pytest.warns(FitFailedWarning, match="RNN, fold .* failed.*no memory left") as caught:
        comparison = compare_classifiers(
            {"LR": pipeline(), "RNN": Recorder(fails=True)},
            texts, y, cv=2, error_score=error_score, return_estimators=True, verbose=1,
        )  # fmt: skip
    assert len(caught) == 2
    assert caught[0].filename == __file__
    scores = comparison.scores.set_index("classifier")
    np.testing.assert_array_equal(scores.loc["RNN", "test_accuracy"], [error_score, error_score])
    assert scores.loc["RNN", "fit_time"].isna().all()
    assert scores.loc["LR", "test_accuracy"].notna().all()
    assert comparison.best_name_ == "LR"
    assert comparison.estimators_["RNN"] == [None, None]
    assert "RNN, fold 2: failed (RuntimeError: no memory left)" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_if_all_fits_fail_an_error_is_raised(texts, y):
    with pytest.raises(ValueError, match="All 3 tasks failed, the first one with: RuntimeError"):
        compare_classifiers({"RNN": Recorder(fails=True)}, texts, y, cv=3, error_score=np.nan)


class Untagged:
    def fit(self, X, y):
        return self


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"classifiers": {}}, ValueError, r"empty; expected at least one"),
        ({"classifiers": [("a", Recorder())]}, ValueError, "'classifiers' parameter"),
        ({"classifiers": {1: Recorder()}}, TypeError, "non-empty str, got 1"),
        ({"classifiers": {"": Recorder()}}, TypeError, "non-empty str, got ''"),
        (
            {"classifiers": {"a": LinearRegression()}},
            TypeError,
            r"got LinearRegression\(\)",
        ),
        ({"classifiers": {"a": Recorder}}, TypeError, "the class Recorder, expected an instance"),
        ({"classifiers": {"a": CountVectorizer()}}, TypeError, "'a' is no classifier"),
        ({"classifiers": {"a": Untagged()}}, TypeError, "'a' is no classifier"),
        ({"classifiers": {"a": None}}, TypeError, "'a' is no classifier"),
        ({"classifiers": {"a": Pipeline([])}}, TypeError, "'a' is no classifier"),
        (
            {"classifiers": {"a": make_pipeline(FunctionTransformer(), LinearRegression())}},
            TypeError,
            "'a' is no classifier",
        ),
        ({"classifiers": {"a": grid_search(refit=False)}}, ValueError, "refit=False.*refit=True"),
        ({"scoring": "acuracy"}, ValueError, "'acuracy' is not a valid scoring value"),
        ({"scoring": []}, ValueError, r"scoring=\[\], expected the name"),
        ({"scoring": [accuracy_score]}, ValueError, "expected the name of a score"),
        ({"scoring": accuracy_score}, ValueError, "metric function rather than a scorer"),
        ({"scoring": None}, ValueError, "'scoring' parameter"),
        ({"X": "one text"}, ValueError, r"X is one str, expected an iterable"),
        ({"X": ["a"] * 23}, ValueError, "X has 23 samples, but y has 24"),
        ({"X": {"a", "b"}}, TypeError, "X is a set, expected texts in the order"),
        ({"y": None}, ValueError, "y is None"),
        ({"y": ["same"] * 24}, ValueError, r"y holds only \['same'\], expected at least 2"),
        ({"y": np.linspace(0, 1, 24)}, ValueError, "Unknown label type: continuous"),
        ({"cv": 1}, ValueError, "'cv' parameter"),
        ({"cv": 13}, ValueError, "n_splits=13 cannot be greater"),
        ({"cv": iter([])}, ValueError, "no folds"),
        ({"cv": [([0, 1], [])]}, ValueError, "Fold 1 of cv has an empty test part"),
        ({"cv": [([0, 6], [1, 24])]}, ValueError, "row 1 to 24 in its test part; expected 0 to 23"),
        (
            {"cv": [([0, 6, 7], [6, 7, 8])]},
            ValueError,
            r"Fold 1 of cv has 2 rows in both .*row 6 among them",
        ),
        ({"error_score": "nan"}, ValueError, "'error_score' parameter"),
        ({"n_jobs": 1.5}, ValueError, "'n_jobs' parameter"),
    ],
)
def test_bad_input_is_refused_before_anything_is_fitted(texts, y, change, error, message):
    fits = []

    class Witness(Recorder):
        def fit(self, X, y):
            fits.append(1)
            return super().fit(X, y)

    arguments = {"classifiers": {"first": Witness()}, "X": texts, "y": y} | change
    if change.get("classifiers") and isinstance(change["classifiers"], dict):
        arguments["classifiers"] = {"first": Witness()} | change["classifiers"]
    with pytest.raises(error, match=message):
        compare_classifiers(**arguments)
    assert fits == []


def test_mixed_types_of_labels_give_scikit_learns_error(texts):
    with pytest.raises(ValueError, match="Unknown label type"):
        compare_classifiers({"a": Recorder()}, texts, np.array([0, "a"] * 12, object))


@pytest.mark.parametrize(
    "y",
    [
        [0.0, 1.0, np.nan, *[0.0, 1.0, 1.0] * 7],
        pd.Series([0, 1, pd.NA, *[0, 1, 1] * 7], dtype="Int64"),
        np.array(["a", "b", None, *["a", "b", "b"] * 7], dtype=object),
        np.array([[0, 1], [1, 0], [np.nan, 1], *[[1, 1]] * 21]),
    ],
)
def test_a_missing_label_is_an_error_with_its_row(texts, y):
    with pytest.raises(ValueError, match=r"label in row 2 of y is missing .* missing are 1 of 24"):
        compare_classifiers({"a": Recorder()}, texts, y)
