"""report_candidates: a line for each finished candidate, on any backend."""

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    LeaveOneGroupOut,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_textnn.model_selection import compare_classifiers, report_candidates

LINE = re.compile(
    r"^(?:(?P<label>.+): )?\[ *(?P<number>\d+)(?:/(?P<total>\d+))?\] (?P<metric>\w+) "
    r"(?P<score>-?[\d.]+|nan), (?:the best so far|best so far (?P<best>-?[\d.]+) \((?P<at>\d+)\)), "
    r"after [\d.]+ s: (?P<params>.*)$"
)
GRID = {"clf__C": [1e-6, 0.1, 1.0]}


def grid_search(**options):
    pipeline = Pipeline([("counts", CountVectorizer()), ("clf", LogisticRegression())])
    return GridSearchCV(pipeline, GRID, **({"cv": 3} | options))


def lines(capsys):
    found = [LINE.match(line) for line in capsys.readouterr().out.splitlines()]
    assert all(found)
    return found


def test_a_line_has_number_score_best_and_parameters(texts, y, capsys):
    search = grid_search(scoring="accuracy")
    with report_candidates(search):
        search.fit(texts, y)
    found = lines(capsys)
    assert [line["number"] for line in found] == ["1", "2", "3"]
    assert {(line["total"], line["metric"]) for line in found} == {("3", "accuracy")}
    assert [line["params"] for line in found] == ["C=1e-06", "C=0.1", "C=1"]
    means = search.cv_results_["mean_test_score"]
    assert [line["score"] for line in found] == [f"{mean:.4f}" for mean in means]
    best = np.maximum.accumulate(means)
    for line, so_far in zip(found, best, strict=True):
        assert (line["best"] or line["score"]) == f"{so_far:.4f}"


def test_reporting_does_not_change_the_search(texts, y):
    plain, reported = grid_search(return_train_score=True), grid_search(return_train_score=True)
    plain.fit(texts, y)
    with report_candidates(reported):
        reported.fit(texts, y)
    assert reported.scoring is None
    assert type(reported.scorer_) is type(plain.scorer_)
    assert reported.score(texts, y) == plain.score(texts, y)
    for name in ("mean_test_score", "mean_train_score", "rank_test_score"):
        np.testing.assert_array_equal(reported.cv_results_[name], plain.cv_results_[name])


def test_with_several_scores_that_of_refit_is_shown(texts, y, capsys):
    scoring = ["accuracy", "f1_macro"]
    search, plain = (grid_search(scoring=scoring, refit="f1_macro") for _ in range(2))
    with report_candidates(search):
        search.fit(texts, y)
    plain.fit(texts, y)
    assert {line["metric"] for line in lines(capsys)} == {"f1_macro"}
    assert search.scoring is scoring
    assert search.scorer_.keys() == plain.scorer_.keys()
    assert "mean_test_accuracy" in search.cv_results_


def test_clones_count_separately(texts, y, capsys):
    search = grid_search()
    with report_candidates(search):
        cross_val_score(search, texts, y, cv=2)
    found = lines(capsys)
    assert [line["number"] for line in found] == ["1", "2", "3"] * 2
    assert {line["label"] for line in found[3:]} == {"search 2"}


@pytest.mark.parametrize("options", [{"n_splits": 2}, {}])
def test_splitters_that_need_data_to_count_folds(texts, y, options, capsys):
    search = make_pipeline("passthrough", grid_search(cv=LeaveOneGroupOut()))
    if not options:
        with pytest.raises(ValueError, match=r"LeaveOneGroupOut.*pass n_splits="):
            report_candidates(search).__enter__()
        return
    groups = {"gridsearchcv__groups": np.arange(len(texts)) % 2}
    with report_candidates(search, **options) as same:
        assert same.fit(texts, y, **groups) is search
    assert len(lines(capsys)) == 3


def test_another_number_of_folds_than_that_of_cv_is_refused():
    with pytest.raises(ValueError, match="n_splits=3, but cv=2 has 2 folds"):
        report_candidates(grid_search(cv=2), n_splits=3).__enter__()


def test_objects_other_than_searches_are_refused():
    with pytest.raises(ValueError, match=r"Got LogisticRegression\(\), expected a search"):
        report_candidates(LogisticRegression()).__enter__()


def test_the_search_is_restored_after_an_error(texts, y):
    search = grid_search(scoring="roc_auc", error_score="raise")
    with pytest.raises(ValueError, match="C"), report_candidates(search):
        search.set_params(param_grid={"clf__C": [-1]}).fit(texts, y)
    assert search.scoring == "roc_auc"
    assert not hasattr(search, "scorer_")


def test_iterations_of_a_halving_search_are_reported(texts, y, capsys):
    pipeline = grid_search().estimator
    search = HalvingGridSearchCV(pipeline, GRID, cv=2, min_resources=12, factor=2, random_state=0)
    with report_candidates(search):
        search.fit(texts, y)
    assert len(lines(capsys)) == sum(search.n_candidates_)


def test_candidates_with_functions_are_counted_once(texts, y, capsys):
    def tokens(text):
        return text.split()

    pipeline = make_pipeline(CountVectorizer(token_pattern=None), LogisticRegression())
    grid = {"countvectorizer__tokenizer": [tokens], "logisticregression__C": [1, 2]}
    search = RandomizedSearchCV(pipeline, grid, n_iter=2, cv=2, random_state=0)
    with report_candidates(clone(search)) as search:
        search.fit(texts, y)
    params = [line["params"] for line in lines(capsys)]
    assert len(params) == 2
    assert "0x" not in params[0]


def test_a_comparison_reports_its_searches(texts, y, capsys):
    comparison = compare_classifiers(
        {"LR": grid_search(), "plain": grid_search().estimator},
        texts,
        y,
        cv=2,
        random_state=0,
        verbose=2,
        return_estimators=True,
    )
    found = [LINE.match(line) for line in capsys.readouterr().out.splitlines()]
    labels = [line["label"] for line in found if line]
    assert labels == ["LR, fold 1"] * 3 + ["LR, fold 2"] * 3
    assert len(found) == 6 + 4
    assert comparison.estimators_["LR"][0].scoring is None


PROGRAM = """
import joblib
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn_textnn.datasets import load_reviews
from sklearn_textnn.model_selection import report_candidates

if __name__ == "__main__":
    texts, y = load_reviews(source="films", return_X_y=True)
    pipeline = Pipeline([("counts", CountVectorizer()), ("clf", LogisticRegression())])
    grid = {"clf__C": [0.01, 0.1, 1.0, 10.0], "counts__tokenizer": [None, str.split]}
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2)
    with joblib.parallel_config(backend="BACKEND"), report_candidates(search):
        search.fit(texts, y)
    print(f"{search.best_score_:.4f}")
"""


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_two_workers_report_candidates(backend, run_python):
    done = run_python("-W", "ignore", "-c", PROGRAM.replace("BACKEND", backend))
    *printed, best = done.stdout.splitlines()
    found = [LINE.match(line) for line in printed]
    assert [line["number"] for line in found] == [str(n) for n in range(1, 9)]
    assert len({line["params"] for line in found}) == 8
    assert best == max(line["score"] for line in found)
    assert found[-1]["best"] or found[-1]["score"] == best
