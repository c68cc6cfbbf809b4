"""MultilabelThresholdClassifierCV: thresholds per label from held-out probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold, RandomizedSearchCV, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from sklearn_textnn import persistence
from sklearn_textnn.model_selection import MultilabelThresholdClassifierCV
from sklearn_textnn.model_selection._best_threshold import best_threshold, f1

PROBABILITIES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.99, 1.0])
SAMPLES = st.lists(st.tuples(PROBABILITIES, st.integers(0, 1), st.integers(1, 3)), min_size=2)


class Stated(ClassifierMixin, BaseEstimator):
    """Predicts X, which holds the probabilities of the labels."""

    def fit(self, X, y, sample_weight=None):
        self.classes_, self.seen_ = np.arange(np.shape(y)[1]), len(y)
        self.sample_weight_ = sample_weight
        return self

    def predict_proba(self, X):
        return np.asarray(X, dtype=float)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


@given(SAMPLES)
def test_the_threshold_has_the_highest_f1(samples):
    p, y, weight = map(np.array, zip(*samples, strict=True))
    threshold, score = best_threshold(p, y, f1, weight)
    by_sklearn = f1_score(y, p >= threshold, sample_weight=weight, zero_division=0)
    assert score == pytest.approx(by_sklearn)
    for other in np.linspace(0, 1.001, 50):
        hits, all_found = (weight * y * (p >= other)).sum(), (weight * (p >= other)).sum()
        total = all_found + (weight * y).sum()
        assert 2 * hits <= score * total + 1e-9


@given(SAMPLES, st.integers(0, 5), st.integers(0, 5))
def test_the_threshold_has_the_lowest_cost(samples, wrong, missed):
    p, y, weight = map(np.array, zip(*samples, strict=True))

    def cost(at):
        predicted = p >= at
        return (weight * (wrong * (predicted & (y == 0)) + missed * (~predicted & (y == 1)))).sum()

    def gain(tp, fp, fn):
        return -(wrong * fp + missed * fn)

    threshold, score = best_threshold(p, y, gain, weight)
    assert score == pytest.approx(-cost(threshold))
    assert all(cost(other) >= -score - 1e-9 for other in np.linspace(0, 1.001, 50))


def test_ties_of_thresholds_go_to_the_middle_nearest_to_one_half():
    # F1 is 1 for any threshold above 0.2 and up to 0.4
    threshold, score = best_threshold(np.array([0.4, 0.2, 0.1]), np.array([1, 0, 0]), f1)
    assert (threshold, score) == (pytest.approx(0.3), 1.0)


X = np.array([[0.9, 0.4], [0.3, 0.1], [0.2, 0.3], [0.1, 0.05]] * 3)
Y = np.array([[1, 1], [1, 0], [0, 1], [0, 0]] * 3)


def test_thresholds_are_those_of_the_labels():
    tuned = MultilabelThresholdClassifierCV(Stated(), cv=3, random_state=0).fit(X, Y)
    np.testing.assert_allclose(tuned.thresholds_, [0.25, 0.2])  # (0.3 + 0.2) / 2, (0.3 + 0.1) / 2
    np.testing.assert_array_equal(tuned.scores_, [1, 1])
    np.testing.assert_array_equal(tuned.predict(X), Y)
    np.testing.assert_array_equal(tuned.decision_function(X) >= 0, Y == 1)
    np.testing.assert_array_equal(tuned.classes_, [0, 1])
    assert tuned.estimator_.seen_ == 12


def test_costs_move_the_threshold():
    p = np.repeat([[0.1], [0.3], [0.6], [0.8]], 10, axis=0)
    y = np.zeros((40, 1), dtype=int)
    y[[0, 10, 11, 12, *range(20, 26), *range(30, 38)]] = 1  # as often as is stated
    two = np.hstack([p, p]), np.hstack([y, y])
    tuned = MultilabelThresholdClassifierCV(Stated(), scoring="cost", cost=[[1, 1], [1, 5]], cv=4)
    tuned.fit(*two)
    # thresholds are cost_wrong / (cost_wrong + cost_missed): 1 / 2 and 1 / 6
    np.testing.assert_allclose(tuned.thresholds_, [0.45, 0.2])
    # 1 + 3 missed and 4 + 2 wrong of 40; 1 missed at 5 and 7 + 4 + 2 wrong
    np.testing.assert_allclose(tuned.scores_, [-10 / 40, -18 / 40])


def test_thresholds_come_from_held_out_samples(texts, y):
    labels = np.column_stack([y == "positive", np.char.str_len(texts) > 18]).astype(int)
    pipeline = make_pipeline(CountVectorizer(), OneVsRestClassifier(LogisticRegression()))
    tuned = MultilabelThresholdClassifierCV(pipeline, cv=3, random_state=0).fit(texts, labels)
    folds = KFold(3, shuffle=True, random_state=0)
    held_out = cross_val_predict(pipeline, texts, labels, cv=folds, method="predict_proba")
    expected = [best_threshold(held_out[:, i], labels[:, i], f1) for i in range(2)]
    np.testing.assert_allclose(tuned.thresholds_, [threshold for threshold, _ in expected])
    np.testing.assert_allclose(tuned.scores_, [score for _, score in expected])
    again = MultilabelThresholdClassifierCV(pipeline, cv=3, n_jobs=2, random_state=0)
    again.fit(texts, csr_matrix(labels))
    np.testing.assert_array_equal(again.thresholds_, tuned.thresholds_)


def test_probabilities_in_a_list_and_labels_that_a_fold_lacks():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(40, 3)), rng.integers(0, 2, (40, 2))
    labels[:, 1] = np.arange(40) == 3  # in one fold no training sample has it
    forest = RandomForestClassifier(n_estimators=5, random_state=0)
    tuned = MultilabelThresholdClassifierCV(forest, cv=2, random_state=0).fit(features, labels)
    assert tuned.predict_proba(features).shape == (40, 2)
    expected = forest.fit(features, labels).predict_proba(features)[0][:, 1]
    np.testing.assert_array_equal(tuned.predict_proba(features)[:, 0], expected)


def test_a_constant_label_has_the_threshold_one_half():
    labels = np.column_stack([Y[:, 0], np.zeros(12), np.ones(12)]).astype(int)
    stated = np.column_stack([X, X[:, 0]])
    tuned = MultilabelThresholdClassifierCV(Stated(), cv=3).fit(stated, labels)
    np.testing.assert_array_equal(tuned.thresholds_[1:], [0.5, 0.5])
    np.testing.assert_allclose(tuned.scores_[1:], [0, f1_score(labels[:, 2], X[:, 0] >= 0.5)])


def test_weights_count_for_the_thresholds_and_reach_the_classifier():
    weight = np.where(np.arange(12) % 4 == 1, 0, 1)  # of (0.3, 0.1)
    tuned = MultilabelThresholdClassifierCV(Stated(), cv=3).fit(X, Y, sample_weight=weight)
    np.testing.assert_array_equal(tuned.estimator_.sample_weight_, weight)
    np.testing.assert_allclose(tuned.thresholds_, [0.55, 0.175])  # 0.2 to 0.9; 0.05 to 0.3


@pytest.mark.usefixtures("metadata_routing")
def test_routed_weights_are_passed_where_requested():
    weight = np.arange(12.0)
    requested = Stated().set_fit_request(sample_weight=True)
    tuned = MultilabelThresholdClassifierCV(requested, cv=3).fit(X, Y, sample_weight=weight)
    np.testing.assert_array_equal(tuned.estimator_.sample_weight_, weight)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:, 0], "y is binary, expected an indicator.*use.*TunedThresholdClassifierCV"),
        (np.arange(12) % 3, "y is multiclass, expected an indicator"),
        (Y[:-1], "X has 12 samples, but y has 11"),
    ],
)
def test_other_targets_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        MultilabelThresholdClassifierCV(Stated()).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scoring": "accuracy"}, "scoring"),
        ({"scoring": "cost", "cost": [1, -1]}, "two numbers of 0 or more"),
        ({"scoring": "cost", "cost": [1, 1, 1]}, "two for each of 2 labels"),
        ({"cv": [(np.arange(6), np.arange(6, 12))]}, "6 of 12 samples have no held-out.*number 0"),
        ({"estimator": CountVectorizer()}, "estimator"),
    ],
)
def test_other_parameters_are_refused_and_nothing_is_set(parameters, message):
    tuned = MultilabelThresholdClassifierCV(Stated()).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        tuned.fit(X, Y)
    assert not [name for name in vars(tuned) if name.endswith("_")]


def test_a_random_search_over_a_network_on_raw_texts_in_nested_cross_validation(tmp_path):
    from sklearn_textnn import (
        KerasTextClassifier,
        KerasTokenizerTransformer,
        PadTransformer,
        PoolingNetwork,
    )

    texts = ["good food", "bad food", "good view", "bad view", "good food view", "bad"] * 4
    labels = np.array([["good" in text, "food" in text, "view" in text] for text in texts])
    network = KerasTextClassifier(
        PoolingNetwork(4), epochs=8, optimizer__learning_rate=0.05, random_state=0
    )
    pipeline = make_pipeline(KerasTokenizerTransformer(), PadTransformer(), network)
    tuned = MultilabelThresholdClassifierCV(pipeline, cv=2, random_state=0)
    space = {
        "estimator__kerastextclassifier__model__embedding_dim": [2, 4],
        "scoring": ["f1", "cost"],
    }
    search = RandomizedSearchCV(
        tuned, space, n_iter=2, cv=2, scoring="f1_macro", random_state=0, error_score="raise"
    )
    scores = cross_val_score(search, texts, labels.astype(int), cv=KFold(2), error_score="raise")
    assert (scores > 0.5).all()
    search.fit(texts, labels.astype(int))
    best = search.best_estimator_
    persistence.save(best, tmp_path / "model.textnn")
    loaded = persistence.load(tmp_path / "model.textnn")
    np.testing.assert_array_equal(loaded.predict(texts), best.predict(texts))
    np.testing.assert_array_equal(loaded.thresholds_, best.thresholds_)
