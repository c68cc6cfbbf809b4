"""Sample weights and class weights."""

import numpy as np
import pytest
from sklearn.utils import compute_sample_weight

EXACT = {"epochs": 3, "batch_size": "auto", "dtype": "float64", "optimizer__learning_rate": 0.05}


@pytest.fixture(scope="module")
def weights():
    return np.random.default_rng(3).integers(1, 4, 48)


def test_integer_weights_are_repetitions(tiny, ids, labels, weights):
    weighted = tiny(**EXACT).fit(ids, labels, sample_weight=weights)
    repeated = tiny(**EXACT).fit(np.repeat(ids, weights, axis=0), np.repeat(labels, weights))
    for a, b in zip(weighted.weights_, repeated.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)


def test_weight_zero_is_absence(tiny, ids, labels):
    kept = np.arange(48) % 3 != 0
    weighted = tiny().fit(ids, labels, sample_weight=kept.astype(float))
    without = tiny().fit(ids[kept], labels[kept], sample_weight=np.ones(kept.sum()))
    for a, b in zip(weighted.weights_, without.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_equal_weights_are_no_weights(tiny, ids, labels):
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


def test_balance_counts_the_weights_of_samples(tiny, ids, three_labels, weights):
    """As LogisticRegression's does, so that a weight of 2 is still a repetition."""
    exact = EXACT | {"class_weight": "balanced"}
    weighted = tiny(**exact).fit(ids, three_labels, sample_weight=weights)
    repeated = tiny(**exact).fit(np.repeat(ids, weights, axis=0), np.repeat(three_labels, weights))
    for a, b in zip(weighted.weights_, repeated.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)
    none = weights * (three_labels != "even")  # a class without weight takes no part in it
    clf = tiny(class_weight="balanced").fit(ids, three_labels, sample_weight=none)
    assert np.isfinite(clf.weights_[0]).all()


@pytest.mark.parametrize("scale", [1e-300, 1e-40, 2.0**-20, 2.0**60, 1e39, 1e300])
def test_the_scale_of_weights_plays_no_role(scale, tiny, ids, labels, weights):
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


@pytest.mark.parametrize(
    "class_weight",
    ["balanced", [{0: 1, 1: 2}, {0: 3, 1: 1}, {0: 1, 1: 1}]],
    ids=["balanced", "list"],
)
def test_labels_of_an_indicator_have_weights_each(class_weight, tiny, ids, indicator):
    by_class = tiny(class_weight=class_weight).fit(ids, indicator)
    product = compute_sample_weight(class_weight, indicator)
    by_sample = tiny().fit(ids, indicator, sample_weight=product)
    np.testing.assert_array_equal(by_class.weights_[0], by_sample.weights_[0])
    assert np.ptp(product) > 0


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_the_callers_weights_are_not_touched(dtype, tiny, ids, labels):
    weight = (np.arange(48) % 3).astype(dtype)
    before = weight.copy()
    tiny(class_weight={0: 2, 1: 3}, dtype="float32", run_eagerly=True).fit(ids, labels, weight)
    np.testing.assert_array_equal(weight, before)


# What is refused


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (-np.ones(48), "Negative values in data passed to `sample_weight`"),
        (np.full(48, np.nan), "sample_weight contains NaN"),
        (np.full(48, np.inf), "sample_weight contains infinity"),
        (np.inf, "sample_weight holds a weight that is not finite"),
        (np.zeros(48), "[Ss]ample.weights? must contain at least one non-zero"),
        (np.ones(47), r"sample_weight.shape == \(47,\), expected \(48,\)"),
        (np.ones((48, 2)), "Sample weights must be 1D"),
    ],
    ids=["negative", "nan", "inf", "one inf", "zero", "short", "2-D"],
)
def test_bad_sample_weights_are_named(weight, message, tiny, ids, labels):
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
def test_bad_class_weights_are_named(class_weight, message, tiny, ids, labels):
    with pytest.raises(ValueError, match=message):
        tiny(class_weight=class_weight).fit(ids, labels)


def test_labels_of_an_indicator_need_a_list_of_class_weights(tiny, ids, indicator):
    with pytest.raises(ValueError, match="class_weight should be a list of dicts"):
        tiny(class_weight={0: 1, 1: 2}).fit(ids, indicator)
