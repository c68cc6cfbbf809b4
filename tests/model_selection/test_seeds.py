"""compare_classifiers(n_seeds=...): the spread of seeds, and that of folds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_textnn.inspection import ComparisonDisplay
from sklearn_textnn.model_selection import ClassifierComparison, compare_classifiers


class Lucky(ClassifierMixin, BaseEstimator):
    """Predicts by its seed alone."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.random.RandomState(self.random_state).choice(self.classes_, len(X))


@pytest.fixture(scope="module")
def compared():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2
    classifiers = {"lucky": make_pipeline(StandardScaler(), Lucky(7)), "bayes": GaussianNB()}
    return compare_classifiers(
        classifiers, X, y, cv=2, n_seeds=3, random_state=0, return_estimators=True
    )


def test_each_fold_is_fitted_with_each_seed(compared):
    scores = compared.scores
    lucky = scores[scores["classifier"] == "lucky"]
    assert list(zip(lucky["fold"], lucky["seed"], strict=True)) == [
        (fold, seed) for fold in (1, 2) for seed in (1, 2, 3)
    ]
    assert list(scores.columns[:4]) == ["classifier", "fold", "seed", "n_train"]
    seeds = [fitted[-1].random_state for fitted in compared.estimators_["lucky"]]
    assert seeds[:3] == seeds[3:]  # those of one fold are those of the other
    assert seeds[0] == 7
    assert len(set(seeds)) == 3


def test_classifiers_without_seed_are_fitted_once(compared):
    assert (compared.scores["classifier"] == "bayes").sum() == 2
    assert compared.n_seeds == 3
    assert compared.n_folds == 2
    assert len(compared.estimators_["bayes"]) == 2


def test_the_spread_of_seeds_is_separated_from_that_of_folds(compared):
    frame, scores = compared.to_frame(), compared.scores
    lucky = scores.loc[scores["classifier"] == "lucky", "test_accuracy"].to_numpy().reshape(2, 3)
    row = frame.loc["lucky"]
    assert row["mean_test_accuracy"] == pytest.approx(lucky.mean())
    assert row["sd_test_accuracy"] == pytest.approx(lucky.mean(axis=1).std(ddof=1))
    within = np.sqrt(lucky.var(axis=1, ddof=1).mean())
    assert row["sd_seeds_test_accuracy"] == pytest.approx(within)
    assert within > 0
    assert np.isnan(frame.loc["bayes", "sd_seeds_test_accuracy"])


def test_differences_are_those_of_means_over_seeds(compared):
    scores = compared.scores
    by_fold = scores.groupby(["classifier", "fold"])["test_accuracy"].mean().unstack(0)
    row = compared.differences("bayes").loc["lucky"]
    assert row["mean"] == pytest.approx((by_fold["lucky"] - by_fold["bayes"]).mean())
    assert row["sd"] == pytest.approx((by_fold["lucky"] - by_fold["bayes"]).std(ddof=1))


def test_the_table_and_the_picture_show_seeds(compared):
    header, lucky, bayes, *_ = compared.to_text().splitlines()
    assert header.split() == ["classifier", "accuracy", "±", "seeds", "fit", "time"]
    sd = compared.to_frame().loc["lucky", "sd_seeds_test_accuracy"]
    assert f"{sd:.3f}" in lucky
    assert bayes.count("±") == 1
    display = ComparisonDisplay.from_comparison(compared)
    assert display.scores.shape == (2, 2)
    assert display.scores["lucky"].mean() == compared.to_frame().loc["lucky", "mean_test_accuracy"]


@pytest.mark.parametrize("write", ["to_csv", "to_json"])
def test_scores_of_seeds_are_saved_and_loaded(compared, write, tmp_path):
    getattr(compared, write)(tmp_path / "scores")
    again = ClassifierComparison.read(tmp_path / "scores")
    pd.testing.assert_frame_equal(again.scores, compared.scores)


def test_a_fold_that_lacks_a_seed_is_refused(compared):
    with pytest.raises(ValueError, match=r"'lucky' has the folds \[1\] for seed 3; expected each"):
        ClassifierComparison(compared.scores.drop(index=5))


def test_one_seed_leaves_the_classifier_unchanged():
    X, y = np.zeros((20, 1)), np.arange(20) % 2
    once = compare_classifiers({"lucky": Lucky(1)}, X, y, cv=2, random_state=0)
    thrice = compare_classifiers({"lucky": Lucky(1)}, X, y, cv=2, random_state=0, n_seeds=3)
    assert "seed" not in once.scores
    first = thrice.scores.loc[thrice.scores["seed"] == 1, "test_accuracy"]
    assert list(first) == list(once.scores["test_accuracy"])
