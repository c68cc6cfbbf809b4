"""Dropout of words and of dimensions, and the initial bias of the output."""

import keras
import numpy as np
import pytest

from sklearn_textnn.networks import (
    ConvolutionalNetwork,
    FlattenNetwork,
    NetworkSpec,
    PoolingNetwork,
    WordDropout,
    embed,
    token_input,
    vector_dropout,
)


def test_words_and_a_tenth_as_many_texts_become_padding():
    ids = np.ones((20_000, 10), np.int32)
    kept = np.asarray(WordDropout(0.2, seed=0)(ids, training=True))
    whole = (kept == 0).all(axis=1)
    assert set(np.unique(kept)) == {0, 1}
    assert whole.mean() == pytest.approx(0.02, abs=0.004)
    assert (kept[~whole] == 0).mean() == pytest.approx(0.2, abs=0.01)


def test_word_dropout_is_off_in_prediction():
    ids = np.arange(12, dtype=np.int32).reshape(3, 4)
    np.testing.assert_array_equal(WordDropout(0.9, seed=0)(ids), ids)


def test_a_dropped_word_does_not_count_in_the_average(make_spec):
    spec = make_spec()
    network = PoolingNetwork(3, pooling="average", units=None, word_dropout=0.5)
    model = network.build(spec)
    table = model.get_layer("tokens").get_weights()[0]
    ids = np.array([[1, 2]] * 50, np.int32)
    inner = keras.Model(model.inputs[0], model.get_layer("average_pool_1").output)
    seen = np.asarray(inner(ids, training=True))
    expected = [table[1], table[2], (table[1] + table[2]) / 2, np.zeros(3)]
    distances = np.abs(seen[:, None] - np.array(expected)).max(axis=2)
    assert distances.min(axis=1).max() < 1e-6
    assert set(distances.argmin(axis=1)) >= {0, 1, 2}


def test_vector_dropout_drops_a_dimension_in_all_words_of_a_text(make_spec):
    spec = make_spec()
    ids = token_input(spec)
    model = keras.Model(ids, vector_dropout(spec, embed(spec, ids, 40), 0.5))
    vectors = np.asarray(model(np.array([[1, 2, 3, 0]] * 5, np.int32), training=True))
    dropped = vectors[:, :3] == 0
    np.testing.assert_array_equal(dropped[:, 0], dropped[:, 1])
    np.testing.assert_array_equal(dropped[:, 0], dropped[:, 2])
    assert 0.3 < dropped.mean() < 0.7


@pytest.mark.parametrize(
    "network",
    [
        PoolingNetwork(3, units=None),
        ConvolutionalNetwork(3, num_filters=2, units=None),
        FlattenNetwork(3, units=None),
    ],
    ids=lambda network: type(network).__name__,
)
@pytest.mark.parametrize("shares", [[0.2, 0.7, 0.1]])
def test_a_text_without_words_has_the_output_bias(network, shares):
    bias = np.log(shares)
    spec = NetworkSpec(3, "softmax", n_tokens=7, maxlen=4, output_bias=bias)
    empty = np.zeros((1, 4), np.int32)
    np.testing.assert_allclose(network.build(spec)(empty)[0], shares, rtol=1e-5)
    assert network.build(spec.without_starts()).get_weights()[-1].tolist() == [0, 0, 0]


def test_word_dropout_preserves_the_mask(make_spec):
    """Word dropout does not make a prediction depend on padding."""
    network = PoolingNetwork(3, pooling=("average", "max"), word_dropout=0.3, vector_dropout=0.2)
    model = network.build(make_spec())
    short = model(np.array([[1, 2]], np.int32))
    np.testing.assert_allclose(short, model(np.array([[1, 2, 0, 0]], np.int32)), rtol=1e-6)
