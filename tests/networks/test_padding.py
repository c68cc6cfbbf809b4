"""Padding has no effect: laws, and pooling and convolution worked out by hand."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_textnn.networks import (
    NETWORKS,
    ConvolutionalNetwork,
    FlattenNetwork,
    Network,
    PoolingNetwork,
    convolve,
    embed,
    output,
    pool,
    token_input,
)

N_TOKENS = 7


class TwoConvolutions(Network):
    """Two layers: the second must not see the output of the first at padding."""

    def build(self, spec):
        ids = token_input(spec)
        x = convolve(spec, embed(spec, ids, 3), 2, 3, "tanh", "first")
        x = convolve(spec, x, 2, 3, "tanh", "second")
        return keras.Model(ids, output(spec, pool(spec, x, "max", "pooled")))


SMALL = {"embedding_dim": 3, "units": 2, "activation": "tanh"}  # unlike relu, never flat
BLIND_TO_PADDING = {
    "max": PoolingNetwork(**SMALL, pooling="max"),
    "average": PoolingNetwork(**SMALL, pooling="average"),
    "both": PoolingNetwork(**SMALL, pooling=("max", "average")),
    "window 1": ConvolutionalNetwork(**SMALL, num_filters=2, kernel_size=1),
    "window 2": ConvolutionalNetwork(**SMALL, num_filters=2, kernel_size=2),
    "window 5": ConvolutionalNetwork(**SMALL, num_filters=2, kernel_size=5),
    "windows 3, 4, 12": ConvolutionalNetwork(
        **{**SMALL, "units": None}, num_filters=2, kernel_size=(3, 4, 12)
    ),
    "two layers": TwoConvolutions(),
} | {cls.__name__: cls.examples()[0] for cls in NETWORKS if cls.ignores_padding}
BLIND_TO_ORDER = [name for name, network in BLIND_TO_PADDING.items() if not network.sees_order]
documents = st.lists(st.integers(1, N_TOKENS - 1), min_size=0, max_size=6)


@pytest.fixture(scope="module")
def models(make_spec, randomized):
    """Return a model per network, with a padding row far from zero."""
    spec = make_spec(n_tokens=N_TOKENS, dtype="float64")
    return {name: randomized(network.build(spec)) for name, network in BLIND_TO_PADDING.items()}


def post(document, maxlen):
    return np.array([[*document, *[0] * (maxlen - len(document))]], dtype="int32")


def pre(document, maxlen):
    return np.array([[*[0] * (maxlen - len(document)), *document]], dtype="int32")


@pytest.mark.parametrize("name", BLIND_TO_PADDING)
@settings(max_examples=15, deadline=None)
@given(document=documents, extra=st.integers(1, 9))
def test_padding_does_not_change_a_prediction(models, name, document, extra):
    shortest = max(len(document), 1)
    expected = models[name](post(document, shortest))
    for padded in (post(document, shortest + extra), pre(document, shortest + extra)):
        np.testing.assert_allclose(models[name](padded), expected, rtol=1e-12)


@pytest.mark.parametrize("name", BLIND_TO_PADDING)
def test_longer_neighbours_do_not_change_a_prediction(models, name):
    batch = np.vstack([post([4], 6), post([1, 2, 3, 4, 5, 6], 6), post([], 6)])
    together = models[name](batch)
    alone = [models[name](row[None])[0] for row in batch]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_flatten_network_is_the_exception(make_spec, randomized):
    model = randomized(FlattenNetwork(**SMALL).build(make_spec(maxlen=6)))
    document = [3, 1, 2]
    assert abs(float(model(post(document, 6))[0, 0]) - float(model(pre(document, 6))[0, 0])) > 0.01


@pytest.mark.parametrize("name", BLIND_TO_ORDER)
@settings(max_examples=10, deadline=None)
@given(document=st.permutations([1, 2, 2, 5, 6]))
def test_the_order_of_words_does_not_matter_for_pooling(models, name, document):
    expected = models[name](post([1, 2, 2, 5, 6], 5))
    np.testing.assert_allclose(models[name](post(document, 5)), expected, rtol=1e-12)


def test_the_order_of_words_matters_for_convolution(models):
    one, other = (float(models["window 2"](post(d, 3))[0, 0]) for d in ([1, 2, 3], [3, 2, 1]))
    assert abs(one - other) > 0.001


@pytest.mark.parametrize("name", BLIND_TO_PADDING)
def test_a_document_of_padding_gives_a_finite_probability(models, name):
    probability = float(models[name](np.zeros((1, 4), dtype="int32"))[0, 0])
    assert 0 < probability < 1


def test_flatten_gives_a_document_of_padding_a_finite_probability(make_spec, randomized):
    model = randomized(FlattenNetwork(**SMALL).build(make_spec(maxlen=4)))
    assert 0 < float(model(np.zeros((1, 4), dtype="int32"))[0, 0]) < 1


@pytest.mark.parametrize("mask", [True, False])
def test_vectors_of_padding_are_zero_for_any_table(mask, make_spec, randomized):
    spec = make_spec()
    ids = token_input(spec)
    model = randomized(keras.Model(ids, embed(spec, ids, 3, mask=mask)))
    table = model.get_weights()[0]
    vectors = np.asarray(model(post([4, 2], 4)))[0]
    np.testing.assert_array_equal(vectors, [table[4], table[2], [0, 0, 0], [0, 0, 0]])
    assert np.all(table[0] != 0)


def test_windows_that_are_centered_on_padding_are_zero(make_spec, randomized):
    spec = make_spec()
    ids = token_input(spec)
    windows = convolve(spec, embed(spec, ids, 3), 2, 3, "sigmoid", "windows")  # never 0 itself
    outputs = np.asarray(randomized(keras.Model(ids, windows))(np.array([[0, 4, 0, 2, 0]])))[0]
    assert np.all(outputs != 0, axis=1).tolist() == [False, True, False, True, False]
    assert np.all(outputs[::2] == 0)


# By hand


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_pooling_equals_numpy(pooling, make_spec, randomized):
    network = PoolingNetwork(**SMALL, pooling=pooling)
    model = randomized(network.build(make_spec(dtype="float64")))
    table, w1, b1, w2, b2 = model.get_weights()

    vectors = table[[4, 2, 6]]  # (3 tokens, 3)
    pooled = vectors.max(axis=0) if pooling == "max" else vectors.mean(axis=0)
    hidden = np.tanh(pooled @ w1 + b1)
    expected = sigmoid(hidden @ w2 + b2)

    np.testing.assert_allclose(model(post([4, 2, 6], 5))[0], expected, rtol=1e-12)


@pytest.mark.parametrize(("size", "before"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (8, 3)])
def test_convolution_equals_numpy(size, before, make_spec, randomized):
    """A window of 4 tokens centered on token t holds t - 1, t, t + 1, t + 2; zeros beyond ends."""
    network = ConvolutionalNetwork(**{**SMALL, "units": None}, num_filters=2, kernel_size=size)
    model = randomized(network.build(make_spec(dtype="float64")))
    table, filters, b1, w2, b2 = model.get_weights()  # filters: (size, 3, 2)

    text = np.vstack([np.zeros((before, 3)), table[[4, 2, 6]], np.zeros((size, 3))])
    windows = [np.tensordot(text[t : t + size], filters, axes=2) + b1 for t in range(3)]
    expected = sigmoid(np.tanh(windows).max(axis=0) @ w2 + b2)

    np.testing.assert_allclose(model(post([4, 2, 6], 5))[0], expected, rtol=1e-12)


def test_pooling_by_hand(make_spec):
    """Two words, vectors (1, 4) and (3, 2): maximum (3, 4), average (2, 3)."""
    table = np.array([[9.0, 9.0], [1.0, 4.0], [3.0, 2.0]])
    pooled = {}
    for kind in ("max", "average"):
        network = PoolingNetwork(embedding_dim=2, pooling=kind, units=2, activation="linear")
        model = network.build(make_spec(n_tokens=3, output_activation="linear", dtype="float64"))
        for column in (0, 1):  # the identity, then one of the two numbers
            weights = [table, np.eye(2), np.zeros(2), np.eye(2)[:, [column]], np.zeros(1)]
            model.set_weights(weights)
            pooled[kind, column] = float(model(np.array([[1, 2, 0, 0]]))[0, 0])
    assert pooled == {("max", 0): 3, ("max", 1): 4, ("average", 0): 2, ("average", 1): 3}
