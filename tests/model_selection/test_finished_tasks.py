"""compare_classifiers(folder=...): a comparison can be resumed, with equal scores."""

import os
from concurrent.futures.process import BrokenProcessPool

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from sklearn_textnn import load_reviews
from sklearn_textnn.model_selection import compare_classifiers

TEXTS, Y = load_reviews(source="films", return_X_y=True)


class Fragile(LogisticRegression):
    """End the process on fold 2 while a file exists; count the fits."""

    def __init__(self, trap=None, log=None):
        super().__init__()
        self.trap, self.log = trap, log

    def fit(self, X, y):
        with open(self.log, "a") as file:
            file.write(".")
        if os.path.exists(self.trap) and os.path.getsize(self.log) == 2:
            os._exit(1)
        return super().fit(X, y)


@pytest.fixture
def classifiers(tmp_path):
    bayes = make_pipeline(TfidfVectorizer(), MultinomialNB())
    search = GridSearchCV(bayes, {"tfidfvectorizer__ngram_range": [(1, 1), (1, 2)]}, cv=2)
    fragile = make_pipeline(TfidfVectorizer(), Fragile(tmp_path / "trap", tmp_path / "log"))
    return {"search": search, "fra/gile": fragile}


def scores_of(comparison):
    return comparison.scores.drop(columns=["fit_time", "score_time"])


def test_a_comparison_resumes_after_a_killed_worker_with_equal_results(classifiers, tmp_path):
    folder = tmp_path / "comparison"
    how = {"cv": 3, "random_state": 0, "scoring": ["accuracy", "roc_auc"]}
    (tmp_path / "trap").touch()
    with (
        joblib.parallel_config(backend="loky", n_jobs=1),
        pytest.raises(BrokenProcessPool, match="unexpectedly terminated") as error,
    ):
        compare_classifiers(classifiers, TEXTS, Y, folder=folder, n_jobs=2, **how)
    n_done = len(list(folder.glob("*-*.json")))
    assert 0 < n_done < 6
    (note,) = error.value.__notes__
    assert note.startswith(f"{n_done} of 6 tasks were done; their scores are in folder, and resume")
    assert "short of memory: set a smaller n_jobs" in note
    (tmp_path / "trap").unlink()
    resumed = compare_classifiers(classifiers, TEXTS, Y, folder=folder, resume=True, **how)
    whole = compare_classifiers(classifiers, TEXTS, Y, **how)
    pd.testing.assert_frame_equal(scores_of(resumed), scores_of(whole), check_exact=True)
    assert len(list(folder.glob("*-*.json"))) == 6

    n_fits = os.path.getsize(tmp_path / "log")
    again = compare_classifiers(classifiers, TEXTS, Y, folder=folder, resume=True, **how)
    assert os.path.getsize(tmp_path / "log") == n_fits  # nothing was left to do
    pd.testing.assert_frame_equal(again.scores, resumed.scores, check_exact=True)


def test_without_a_folder_the_error_names_it(classifiers, tmp_path):
    (tmp_path / "trap").touch()
    with (
        joblib.parallel_config(backend="loky", n_jobs=1),
        pytest.raises(BrokenProcessPool) as error,
    ):
        compare_classifiers({"fragile": classifiers["fra/gile"]}, TEXTS, Y, cv=4, n_jobs=2)
    assert "pass folder= to keep scores" in error.value.__notes__[0]


def test_results_of_something_else_are_refused(classifiers, tmp_path):
    def compare(classifiers=classifiers, y=Y, random_state=0, resume=True, **how):
        return compare_classifiers(
            classifiers, TEXTS, y, cv=2, random_state=random_state, folder=tmp_path / "f",
            resume=resume, **how,
        )  # fmt: skip

    del classifiers["fra/gile"]
    first = compare(resume=False)
    with pytest.raises(ValueError, match="holds a comparison already; set resume=True"):
        compare(resume=False)
    with pytest.raises(ValueError, match="other data, folds"):
        compare(random_state=1)
    with pytest.raises(ValueError, match="other data, folds"):
        compare(y=np.roll(Y, 1))
    with pytest.raises(ValueError, match="folder holds scores only"):
        compare(return_estimators=True)
    changed = {"search": GridSearchCV(**(classifiers["search"].get_params(deep=False) | {"cv": 3}))}
    with pytest.raises(ValueError, match="other parameters of 'search'"):
        compare(changed)
    bayes = classifiers["search"].estimator
    both = compare({"bayes": bayes, **classifiers})
    assert both.classifiers == ["bayes", "search"]
    rows = both.scores.query("classifier == 'search'").reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, first.scores, check_exact=True)


def test_a_failed_task_is_retried(classifiers, tmp_path):
    calls = []

    class FailsOnce(MultinomialNB):
        def fit(self, X, y):
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError("once")
            return super().fit(X, y)

    models = {"NB": make_pipeline(TfidfVectorizer(), FailsOnce())}
    how = {"cv": 2, "random_state": 0, "folder": tmp_path / "f", "resume": True}
    with pytest.warns(FitFailedWarning, match="RuntimeError: once"):
        failed = compare_classifiers(models, TEXTS, Y, error_score=np.nan, **how)
    assert failed.scores["test_accuracy"].isna().sum() == 1
    mended = compare_classifiers(models, TEXTS, Y, **how)
    assert not mended.scores["test_accuracy"].isna().any()
    assert len(calls) == 3


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_other_files_is_refused_and_stays_as_it_is(classifiers, tmp_path, resume):
    (tmp_path / ".gitkeep").touch()
    (tmp_path / "texts.csv").touch()
    match = "holds other files .'texts.csv' is the first of 1., expected an empty folder"
    with pytest.raises(ValueError, match=match):
        compare_classifiers(classifiers, TEXTS, Y, cv=2, folder=tmp_path, resume=resume)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitkeep", "texts.csv"]
