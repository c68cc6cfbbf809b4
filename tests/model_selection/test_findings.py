"""ClassifierComparison.findings: each check reports its fault and nothing else."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklearn_textnn.model_selection import ClassifierComparison, compare_classifiers
from sklearn_textnn.model_selection._calibration_error import (
    calibration_error,
    confidence_and_hits,
)
from sklearn_textnn.model_selection._findings import find_in_data, find_in_searches
from sklearn_textnn.model_selection._near_duplicates import find_shared_texts
from sklearn_textnn.model_selection._outer_folds import outer_folds

LONG = "the staff was friendly and the soup came hot while the bill was small for such a place"


def folds_of(y, n=2):
    return outer_folds(StratifiedKFold(n), np.zeros(len(y)), y, None, {})


def checks(findings):
    return [finding.check for finding in findings]


def test_duplicates_up_to_case_and_punctuation_are_found():
    texts = ["Good food!", "bad service", "fine view", "poor room", "good  food", "worse"]
    y = np.array([1, 0, 1, 0, 1, 0])
    folds = folds_of(y)
    assert [fold.test.tolist() for fold in folds] == [[0, 1, 2], [3, 4, 5]]
    shared = find_shared_texts(texts, folds)
    assert shared.rows.tolist() == [0, 4]  # each is held out while the other one is trained on
    assert shared.duplicate == 4
    finding = find_in_data(texts, y, folds)[0]
    assert finding.check == "texts in both parts of a fold"
    assert "2 of 6 texts (33.3%)" in finding.evidence
    assert "number 0 and number 4" in finding.evidence
    assert "StratifiedGroupKFold" in finding.advice


def test_a_long_text_with_one_other_word_is_nearly_the_same():
    texts = [LONG, "something else", LONG.replace("soup", "stew"), "another thing"]
    folds = outer_folds([([0, 1], [2, 3]), ([2, 3], [0, 1])], texts, [0, 1, 0, 1], None, {})
    assert find_shared_texts(texts, folds).rows.tolist() == [0, 2]
    short = ["the soup was hot", "else", "the soup was cold", "other"]
    assert find_shared_texts(short, folds) is None


def test_duplicates_within_one_part_are_not_reported():
    texts = ["good food", "bad food", "good food", "bad food"]
    together = outer_folds([([0, 2], [1, 3]), ([1, 3], [0, 2])], texts, [1, 0, 1, 0], None, {})
    assert find_shared_texts(texts, together) is None


def test_near_duplicates_are_searched_in_a_sample_of_many_texts(monkeypatch):
    from sklearn_textnn.model_selection import _near_duplicates

    monkeypatch.setattr(_near_duplicates, "_MOST_PRODUCTS", 200 * 100)
    texts = [f"w{i} w{i + 1} w{i + 2} w{i + 3}" for i in range(0, 1000, 5)] + ["W0 w1, w2 w3"]
    folds = outer_folds(StratifiedKFold(2), texts, [0, 1] * 100 + [0], None, {})
    shared = find_shared_texts(texts, folds)
    assert shared.n_checked == 100
    assert shared.rows.tolist() == [0, 200]  # equal words are found in all texts


def test_classes_with_fewer_samples_than_folds_are_found():
    y = np.array(["a"] * 5 + ["b"] * 5 + ["rare"] * 2)
    X = np.zeros((12, 1))
    folds = outer_folds([(np.arange(6), np.arange(6, 12))] * 3, X, y, None, {})
    (finding,) = find_in_data(X, y, folds)
    assert "1 of 3 classes" in finding.evidence
    assert "rare (2)" in finding.evidence
    assert not find_in_data(X, y, folds[:2])


@pytest.mark.parametrize("n_empty", [0, 1, 4])
def test_texts_without_a_known_word_are_found(n_empty):
    texts = ["shared " + "abc"[i % 3] for i in range(48)] + ["???"] * n_empty
    texts += ["ungelesen"] * (n_empty > 0)
    y = np.arange(len(texts)) % 2
    found = find_in_data(texts, y, folds_of(y, 4))
    found = [f for f in found if f.check == "texts without a known word"]
    assert len(found) == (n_empty == 4)
    if found:
        assert f"{n_empty} of 53 texts hold no word, and 1 none that" in found[0].evidence
        assert "number 48" in found[0].evidence


@pytest.mark.parametrize(
    ("offered", "chosen", "expected"),
    [
        ([1, 10, 100], [100, 100, 10], "largest that was offered, 100, in 2 of 3"),
        ([1, 10, 100], [1, 1, 1], "smallest that was offered, 1, in 3 of 3"),
        ([1, 10, 100], [10, 10, 100], None),
        ([1, 100], [100, 100, 100], None),  # each of two is at an edge
        ([0.0, 0.3, 0.5], [0.0, 0.0, 0.0], None),  # 0 is the end of the range
        (["l1", "l2", None], ["l1", "l1", "l1"], None),
        ([False, True], [True, True, True], None),
        (loguniform(1e-3, 1e3), [990.0, 950.0, 1.0], "largest that was offered, 990, in 2 of 3"),
        (uniform(0, 1), [0.5, 0.6, 0.99], None),
    ],
)
def test_best_values_at_the_edge_are_found(offered, chosen, expected):
    search = GridSearchCV(LogisticRegression(), {"C": offered})
    scores = pd.DataFrame({"classifier": "LR", "params": [{"C": value} for value in chosen]})
    found = find_in_searches({"LR": search, "plain": LogisticRegression()}, scores)
    assert len(found) == (expected is not None)
    if found:
        assert found[0].subject == "LR"
        assert expected in found[0].evidence
        assert found[0].advice.endswith("below it" if "smallest" in expected else "above it")


def test_perfect_probabilities_are_calibrated_and_overconfident_ones_are_not():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 400)
    good = calibration_error(confidence, rng.random(400) < confidence)
    assert good.error < good.by_chance
    bad = calibration_error(np.full(400, 0.99), rng.random(400) < 0.7)
    assert bad.error == pytest.approx(bad.confidence - bad.accuracy)  # all bins are alike
    assert bad.error > 0.2 > bad.by_chance


def test_confidence_is_that_of_the_predicted_class():
    classes = ["a", "b", "c"]
    confidence, hits = confidence_and_hits(
        np.array([[0.2, 0.5, 0.3], [0.9, 0.1, 0]]), np.array(["b", "c"]), classes
    )
    assert (confidence.tolist(), hits.tolist()) == ([0.5, 0.9], [True, False])
    confidence, hits = confidence_and_hits(np.array([[0.2, 0.7]]), np.array([[0, 0]]), [0, 1])
    assert (confidence.tolist(), hits.tolist()) == ([0.8, 0.7], [True, False])


class Boaster(ClassifierMixin, BaseEstimator):
    """Overconfident for the larger class."""

    def fit(self, X, y):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.best_ = counts.argmax()
        return self

    def predict_proba(self, X):
        return np.tile(np.where(np.arange(len(self.classes_)) == self.best_, 1.0, 0), (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_calibration_is_measured_on_held_out_texts():
    X, y = np.zeros((80, 1)), np.arange(80) % 2
    comparison = compare_classifiers(
        {"boaster": Boaster(), "prior": DummyClassifier()}, X, y, cv=2, random_state=0
    )
    (finding,) = comparison.findings()
    assert finding.check == "probabilities badly calibrated"
    assert finding.subject == "boaster"
    assert "100% sure on average and right in 50%" in finding.evidence
    assert "temperature" in finding.advice


def test_overfitting_is_found(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 3)), rng.integers(0, 2, 80)
    comparison = compare_classifiers(
        {"tree": DecisionTreeClassifier(random_state=0)}, X, y, cv=4, random_state=0
    )
    found = {finding.check: finding for finding in comparison.findings()}
    finding = found["training score near 1, held-out score far below"]
    assert "accuracy is 1.000 on what it was trained on" in finding.evidence
    comparison.to_csv(tmp_path / "scores.csv")
    again = ClassifierComparison.read(tmp_path / "scores.csv")
    assert checks(again.findings()) == [finding.check]  # what scores alone can tell


def test_a_slow_classifier_that_is_no_better_is_found(scores):
    assert not ClassifierComparison(scores).findings()
    scores.loc[scores["classifier"] == "CNN", "test_accuracy"] = [0.70, 0.76, 0.71]
    (finding,) = ClassifierComparison(scores).findings()
    assert finding.check == "no better than the cheapest"
    assert finding.subject == "CNN"
    assert "'NB' by +0.003" in finding.evidence
    assert "20.0 s instead of 0.1 s" in finding.evidence
    scores["fit_time"] = 1.0
    assert not ClassifierComparison(scores).findings()  # it costs no more


def test_findings_are_printed_below_the_table(scores):
    scores.loc[scores["classifier"] == "CNN", "test_accuracy"] = [0.70, 0.76, 0.71]
    comparison = ClassifierComparison(scores)
    table, _, under = str(comparison).partition("\n\n")
    assert table.count("\n") == 3
    first, *lines = under.splitlines()
    assert first == "Worth a second look:"
    assert lines[0].startswith("- CNN: accuracy differs from that of 'NB' by +0.003")
    assert max(map(len, lines)) <= 100
    assert all(line.startswith(("- ", "  ")) for line in lines)


def test_repeated_advice_is_printed_once():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 3)), rng.integers(0, 2, 80)
    trees = {name: DecisionTreeClassifier(random_state=0) for name in ("tree", "same tree")}
    comparison = compare_classifiers(trees, X, y, cv=4, random_state=0)
    found = comparison.findings()
    assert len(found) == 4
    assert len(set(checks(found))) == 2
    _, _, under = str(comparison).partition("\n\n")
    for check in set(checks(found)):
        of_check = [finding for finding in found if finding.check == check]
        assert under.count(f"- {check}, in 2 cases.") == 1
        assert len({finding.advice for finding in of_check}) == 1
    joined = " ".join(under.split())
    assert all(joined.count(f"- {finding.subject}: {finding.evidence}") == 1 for finding in found)
    assert joined.count("Regularize more") == 1


def test_checks_can_be_left_out(texts, y):
    class Counting(MultinomialNB):
        calls = 0

        def predict_proba(self, X):
            Counting.calls += 1
            return super().predict_proba(X)

    classifiers = {"NB": make_pipeline(CountVectorizer(), Counting())}
    doubled, labels = [*texts, *texts], [*y, *y]
    comparison = compare_classifiers(
        classifiers, doubled, labels, cv=2, random_state=0, checks=False
    )
    assert not Counting.calls
    assert comparison.findings() == []
    assert not [name for name in comparison.scores if name.startswith("train_")]
    looked = compare_classifiers(classifiers, doubled, labels, cv=2, random_state=0)
    assert "texts in both parts of a fold" in checks(looked.findings())
    shared = [*comparison.scores.columns.difference(["fit_time", "score_time"])]
    pd.testing.assert_frame_equal(looked.scores[shared], comparison.scores[shared])


@pytest.mark.parametrize("container", [list, tuple, np.array, pd.Series, pd.DataFrame])
def test_findings_accept_texts_in_any_container(container):
    y = np.array([0, 1] * 4)
    assert find_in_data(container(["same text"] * 8), y, folds_of(y))


@pytest.mark.parametrize("X", [np.zeros((8, 2)), pd.DataFrame(np.zeros((8, 2))), [b"a"] * 8])
def test_features_other_than_texts_are_not_compared(X):
    y = np.array([0, 1] * 4)
    assert find_in_data(X, y, folds_of(y)) == []
