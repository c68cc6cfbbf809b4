"""Sample weights and class weights."""

import keras
import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.utils import compute_class_weight, compute_sample_weight

from sklearn_textnn import DenseNetwork, KerasTextClassifier

EXACT = {"epochs": 3, "batch_size": "auto", "dtype": "float64", "optimizer__learning_rate": 0.05}


@pytest.fixture(scope="module")
def weights():
    return np.random.default_rng(3).integers(1, 4, 48)


def test_integer_weights_equal_repetitions(tiny, ids, labels, weights):
    weighted = tiny(**EXACT).fit(ids, labels, sample_weight=weights)
    repeated = tiny(**EXACT).fit(np.repeat(ids, weights, axis=0), np.repeat(labels, weights))
    for a, b in zip(weighted.weights_, repeated.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)


def test_weight_zero_equals_absence(tiny, ids, labels):
    kept = np.arange(48) % 3 != 0
    weighted = tiny().fit(ids, labels, sample_weight=kept.astype(float))
    without = tiny().fit(ids[kept], labels[kept], sample_weight=np.ones(kept.sum()))
    for a, b in zip(weighted.weights_, without.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_equal_weights_equal_no_weights(tiny, ids, labels):
    for weight in (np.ones(48), np.full(48, 7.0)):
        weighted = tiny(**EXACT).fit(ids, labels, sample_weight=weight)
        plain = tiny(**EXACT).fit(ids, labels)
        for a, b in zip(weighted.weights_, plain.weights_, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)


def test_features_can_be_weighted_too(tiny_dense, features, labels, weights):
    weighted = tiny_dense(**EXACT).fit(features, labels, sample_weight=weights)
    repeated = tiny_dense(**EXACT).fit(
        np.repeat(features, weights, axis=0), np.repeat(labels, weights)
    )
    np.testing.assert_allclose(weighted.weights_[0], repeated.weights_[0], rtol=1e-7, atol=1e-10)


def test_class_weights_multiply_sample_weights(tiny, ids, three_labels, weights):
    class_weight = {"bad": 1, "even": 5, "good": 2}
    product = weights * compute_sample_weight(class_weight, three_labels)
    by_class = tiny(class_weight=class_weight).fit(ids, three_labels, sample_weight=weights)
    by_sample = tiny().fit(ids, three_labels, sample_weight=product)
    for a, b in zip(by_class.weights_, by_sample.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_balanced_class_weights_count_sample_weights(tiny, ids, three_labels, weights):
    """As in LogisticRegression, so that a weight of 2 still equals a repetition."""
    exact = EXACT | {"class_weight": "balanced"}
    weighted = tiny(**exact).fit(ids, three_labels, sample_weight=weights)
    repeated = tiny(**exact).fit(np.repeat(ids, weights, axis=0), np.repeat(three_labels, weights))
    for a, b in zip(weighted.weights_, repeated.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)
    none = weights * (three_labels != "even")  # a class without weight is not balanced
    clf = tiny(class_weight="balanced").fit(ids, three_labels, sample_weight=none)
    assert np.isfinite(clf.weights_[0]).all()


@pytest.mark.parametrize("scale", [1e-300, 1e-40, 2.0**-20, 2.0**60, 1e39, 1e300])
def test_the_scale_of_weights_has_no_effect(scale, tiny, ids, labels, weights):
    plain = tiny().fit(ids, labels, sample_weight=weights.astype(float))
    scaled = tiny().fit(ids, labels, sample_weight=weights * scale)
    exactly = np.log2(scale).is_integer()
    for a, b in zip(plain.weights_, scaled.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=0 if exactly else 1e-6)


def test_labels_without_a_class_weight_keep_weight_1(tiny, ids, three_labels):
    some = tiny(class_weight={"even": 5}, run_eagerly=True).fit(ids, three_labels)
    every = {"even": 5, "bad": 1, "good": 1}
    every = tiny(class_weight=every, run_eagerly=True).fit(ids, three_labels)
    np.testing.assert_array_equal(some.weights_[0], every.weights_[0])


@pytest.mark.parametrize(("batch_size", "epochs"), [(1, 12), (32, 40), (200, 200), (2000, 200)])
def test_balanced_classes_are_balanced_at_any_batch_size(batch_size, epochs):
    """From a constant X only the weighted share of the rare class can be learned: 1/2."""
    y = np.zeros(2000, dtype=int)
    y[np.random.default_rng(0).permutation(2000)[:20]] = 1
    clf = KerasTextClassifier(
        DenseNetwork(units=2),
        epochs=epochs,
        batch_size=batch_size,
        class_weight="balanced",
        optimizer__learning_rate=0.003 if batch_size == 1 else 0.01,
        random_state=0,
    )
    X = np.ones((2000, 1))
    assert clf.fit(X, y).predict_proba(X[:1])[0, 1] == pytest.approx(0.5, abs=0.02)


def trained_bias(weights, *, rate, steps):
    """Return the bias of the output, by hand: SGD from the log-odds of the shares.

    The gradient of the bias is the mean over a batch of weight times p - y.
    """
    y, weights = np.array([0, 1]), np.asarray(weights, dtype=float)
    bias = logit(0.99 * weights[1] / weights.sum() + 0.01 * 0.5)
    for rows in steps:
        bias -= rate * np.mean(weights[rows] * (expit(bias) - y[rows]))
    return bias


@pytest.mark.parametrize("weight", [[1, 1], [3, 1], [1, 7]])
def test_the_loss_of_a_batch_is_divided_by_its_samples(tiny_dense, weight):
    """One step of SGD on each of two samples: the larger weight moves the bias further."""
    params = {"epochs": 1, "batch_size": 1, "shuffle": False, "optimizer": "sgd"}
    clf = tiny_dense(model=DenseNetwork(units=None), **params, optimizer__learning_rate=0.5)
    clf.fit(np.zeros((2, 3)), np.array([0, 1]), sample_weight=weight)
    expected = trained_bias(weight / np.mean(weight), rate=0.5, steps=[[0], [1]])
    assert clf.weights_[-1][0] == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_partial_fit_does_not_scale_weights(tiny_dense):
    def moved(weight):
        network = DenseNetwork(units=None)
        clf = tiny_dense(model=network, optimizer="sgd", optimizer__learning_rate=0.5)
        clf.partial_fit(np.zeros((2, 3)), [0, 1], classes=[0, 1], sample_weight=weight)
        clf.partial_fit(np.zeros((2, 3)), [0, 1], sample_weight=weight)
        return clf.weights_[-1][0]

    expected = trained_bias([20, 10], rate=0.5, steps=[[0, 1]] * 2)
    assert moved([20, 10]) == pytest.approx(expected, rel=1e-4)
    with pytest.raises(ValueError, match="sample_weight holds weights that are not finite as fl"):
        moved([1e300, 1])


def test_validation_weights_have_the_scale_of_training(tiny, ids, labels):
    params = {"early_stopping": True, "epochs": 2, "optimizer__learning_rate": 1e-9}
    ones = tiny(**params).fit(ids, labels, sample_weight=np.ones(48)).history_
    tens = tiny(**params).fit(ids, labels, sample_weight=np.full(48, 10.0)).history_
    assert ones["val_loss"] == pytest.approx(tens["val_loss"], rel=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_class_weights_apply_to_each_label(dtype, tiny, ids, indicator):
    """Equals a loss that contains the weights, on the scale of their mean."""
    tables = [{0: 1, 1: 4}, {0: 2, 1: 1}, {0: 1, 1: 1}]
    weights = np.stack([[t[v] for v in c] for t, c in zip(tables, indicator.T, strict=True)], 1)
    scale = weights.mean()
    zeros, ones = (np.array([t[v] for t in tables]) / scale for v in (0, 1))

    def weighted(y_true, y_pred):
        own = y_true * ones.astype(dtype) + (1 - y_true) * zeros.astype(dtype)
        losses = keras.losses.binary_crossentropy(y_true[..., None], y_pred[..., None])
        return keras.ops.mean(own * losses, axis=-1)

    def train(**params):
        """Train from one start, since the output's bias would follow the weights."""
        start = tiny(warm_start=True, dtype=dtype).initialize(ids, indicator)
        return start.set_params(**params).fit(ids, indicator)

    by_class, by_loss = train(class_weight=tables), train(loss=weighted)
    for a, b in zip(by_class.weights_, by_loss.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_each_label_is_balanced_separately(tiny, ids, indicator):
    tables = [
        dict(zip((0, 1), compute_class_weight("balanced", classes=np.arange(2), y=c), strict=True))
        for c in indicator.T
    ]
    balanced = tiny(class_weight="balanced").fit(ids, indicator)
    by_hand = tiny(class_weight=tables).fit(ids, indicator)
    np.testing.assert_allclose(balanced.weights_[0], by_hand.weights_[0], atol=1e-6)


def test_constant_labels_can_be_balanced(tiny, ids, indicator):
    y = indicator.copy()
    y[:, 0], y[:, 1] = 0, 1
    assert np.isfinite(tiny(class_weight="balanced").fit(ids, y).weights_[0]).all()


def test_label_weights_need_a_loss_that_is_a_mean_over_labels(tiny, ids, indicator):
    clf = tiny(class_weight="balanced", loss="cosine_similarity")
    with pytest.raises(ValueError, match="needs a loss that is a mean over the labels"):
        clf.fit(ids, indicator)


def test_a_list_of_class_weights_of_another_length_is_refused(tiny, ids, labels, indicator):
    with pytest.raises(ValueError, match="class_weight holds 2 dicts, expected 3"):
        tiny(class_weight=[{0: 1, 1: 2}] * 2).fit(ids, indicator)
    with pytest.raises(ValueError, match=r"class_weight is a list of dicts.* Pass one dict"):
        tiny(class_weight=[{0: 1, 1: 2}]).fit(ids, labels)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_the_weights_of_the_caller_are_not_changed(dtype, tiny, ids, labels):
    weight = (np.arange(48) % 3).astype(dtype)
    before = weight.copy()
    tiny(class_weight={0: 2, 1: 3}, dtype="float32", run_eagerly=True).fit(ids, labels, weight)
    np.testing.assert_array_equal(weight, before)


# Errors


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (-np.ones(48), "Negative values in data passed to `sample_weight`"),
        (np.full(48, np.nan), "sample_weight contains NaN"),
        (np.full(48, np.inf), "sample_weight contains infinity"),
        (np.inf, "sample_weight holds a weight that is not finite"),
        (np.full(48, 1e307), "too large: their sum is not finite"),
        (np.zeros(48), "must contain at least one non-zero|fewer than two classes with a positive"),
        (np.ones(47), r"sample_weight.shape == \(47,\), expected \(48,\)"),
        (np.ones((48, 2)), "Sample weights must be 1D"),
    ],
    ids=["negative", "nan", "inf", "one inf", "large", "zero", "short", "2-D"],
)
def test_bad_sample_weights_are_errors(weight, message, tiny, ids, labels):
    with pytest.raises(ValueError, match=message):
        tiny().fit(ids, labels, sample_weight=weight)


def test_weights_that_leave_one_class_are_refused(tiny, ids, labels):
    with pytest.raises(ValueError, match="sample_weight and class_weight leave fewer than two"):
        tiny().fit(ids, labels, sample_weight=(labels == 1).astype(float))
    with pytest.raises(ValueError, match="sample_weight and class_weight leave fewer than two"):
        tiny(class_weight={0: 0, 1: 1}).fit(ids, labels)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({"yes": 1}, r"classes, \[0, 1\], are not in class_weight"),
        ({0: -1, 1: 1}, "class_weight=.* holds the weight -1, expected finite numbers, 0 or more"),
        ({0: "x", 1: 1}, "class_weight=.* holds the weight 'x', expected finite numbers"),
    ],
)
def test_bad_class_weights_are_errors(class_weight, message, tiny, ids, labels):
    with pytest.raises(ValueError, match=message):
        tiny(class_weight=class_weight).fit(ids, labels)


def test_multilabel_targets_need_a_list_of_class_weights(tiny, ids, indicator):
    with pytest.raises(ValueError, match="class_weight should be a list of dicts"):
        tiny(class_weight={0: 1, 1: 2}).fit(ids, indicator)
