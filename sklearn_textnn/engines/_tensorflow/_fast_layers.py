"""Faster computation of some layers in a compiled program."""

import functools
from contextlib import contextmanager

import tensorflow as tf

from ...networks import MaskedConv1D, TokenEmbedding
from .._models import all_layers


def free_tables(model, *, gather):
    """Make the embeddings of a template determine their number of rows at run time.

    With `gather`, they also read only the rows of a batch from the variable.
    """
    for layer in all_layers(model):
        if isinstance(layer, TokenEmbedding):
            layer.n_rows = functools.partial(_count_rows, layer)
            if gather:
                layer.look_up = functools.partial(_gather_rows, layer)


def _count_rows(layer):
    return tf.shape(layer.embeddings.value)[0]


def _gather_rows(layer, ids):
    return tf.gather(layer.embeddings.value, ids)


@contextmanager
def convolving_real_tokens(model):
    """Make the convolutions of a template skip windows of padding within this context."""
    layers = convolutions(model)
    for layer in layers:
        layer.convolve = functools.partial(_convolve_real_tokens, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.convolve


def convolutions(model):
    """Return the convolutions that `convolving_real_tokens` changes."""
    return [layer for layer in all_layers(model) if isinstance(layer, MaskedConv1D)]


def _convolve_real_tokens(layer, inputs, mask):
    """Multiply the windows of all real tokens with the filters at once.

    Half of a batch of sentences is padding, and TensorFlow's convolution computes text by text.
    """
    size, dim, n_filters = layer.kernel.shape
    before = (size - 1) // 2
    padded = tf.pad(inputs, [[0, 0], [before, size - 1 - before], [0, 0]])
    places = tf.where(mask)  # (n_real, 2): text, position
    first = places[:, 0] * tf.shape(padded, tf.int64)[1] + places[:, 1]
    rows = first[:, None] + tf.range(size, dtype=first.dtype)
    windows = tf.gather(tf.reshape(padded, [-1, dim]), rows)  # (n_real, size, dim)
    products = tf.reshape(windows, [-1, size * dim]) @ tf.reshape(layer.kernel, [-1, n_filters])
    shape = tf.concat([tf.shape(mask, tf.int64), [n_filters]], axis=0)
    outputs = tf.scatter_nd(places, layer.activation(products + layer.bias), shape)
    return tf.ensure_shape(outputs, [*inputs.shape[:2], n_filters])
