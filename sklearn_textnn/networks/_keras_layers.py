"""Keras layers shared by the networks, which ignore padding.

Keras' own convolution and pooling ignore the mask that an Embedding makes. Importing this file
imports Keras, so it is imported where a model is built.
"""

import keras
from keras import ops

PADDING_ID = 0
_TEXTS_PER_WORD = 0.1  # how much more rarely a whole text is dropped than a word


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class TokenEmbedding(keras.layers.Embedding):
    """Embedding with zeros at padding: (batch, length) to (batch, length, dim).

    With `n_fixed`, ids from the number of rows of the table upward are rows of a second table that
    is never trained.
    """

    def __init__(self, *args, n_fixed=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.n_fixed = n_fixed

    def build(self, input_shape=None):
        """Create the tables."""
        super().build(input_shape)
        if self.n_fixed:
            self.fixed = self.add_weight(
                name="fixed", shape=(self.n_fixed, self.output_dim), trainable=False
            )

    def call(self, inputs):
        """Look up the rows; padding stays zero whatever row 0 of the table holds."""
        if self.n_fixed:
            n_rows = self.n_rows()
            is_fixed = ops.greater_equal(inputs, n_rows)
            fixed = ops.take(self.fixed, ops.where(is_fixed, inputs - n_rows, 0), axis=0)
            vectors = self.look_up(ops.where(is_fixed, 0, inputs))
            vectors = ops.where(ops.expand_dims(is_fixed, -1), fixed, vectors)
        else:
            vectors = self.look_up(inputs)
        return vectors * _column(ops.not_equal(inputs, PADDING_ID), vectors.dtype)

    def look_up(self, ids):
        """Return a row of the table for each id."""
        return super().call(ids)

    def n_rows(self):
        """Return the number of rows of the table.

        Not `input_dim`: a compiled program may run on a table of another size than it was built
        for.
        """
        return ops.shape(self.embeddings)[0]

    def get_config(self):
        """Return the config of the layer."""
        return {**super().get_config(), "n_fixed": self.n_fixed}


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class WordDropout(keras.layers.Layer):
    """Randomly replace words, and more rarely whole texts, by padding in training."""

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        """Drop words in training."""
        if not training:
            return inputs
        n, length = ops.shape(inputs)[0], ops.shape(inputs)[1]
        keeps = self._draw((n, length), self.rate)
        keeps = ops.logical_and(keeps, self._draw((n, 1), self.rate * _TEXTS_PER_WORD))
        return ops.where(keeps, inputs, ops.full_like(inputs, PADDING_ID))

    def _draw(self, shape, rate):
        draws = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
        return ops.greater_equal(draws, rate)

    def compute_output_spec(self, inputs, training=False):
        """Return ids of the same shape."""
        return keras.KerasTensor(inputs.shape, dtype=inputs.dtype)

    def get_config(self):
        """Return the config of the layer."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class MaskedConv1D(keras.layers.Conv1D):
    """Convolution with one window per real token and zeros beyond both ends of the text.

    The output is zero at padding.
    """

    supports_masking = True

    def call(self, inputs, mask=None):
        """Convolve; padding stays masked."""
        if mask is None:
            return super().call(inputs)
        return self.convolve(inputs * _column(mask, inputs.dtype), mask)

    def convolve(self, inputs, mask):
        """Convolve inputs that are zero at padding."""
        outputs = super().call(inputs)
        return outputs * _column(mask, outputs.dtype)


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class MaskedPooling1D(keras.layers.Layer):
    """Maximum or average over the real tokens: (batch, length, dim) to (batch, dim).

    A text without tokens gives zeros.
    """

    def __init__(self, kind, **kwargs):
        super().__init__(**kwargs)
        self.kind = kind

    def call(self, inputs, mask=None):
        """Pool where `mask` is true, or everywhere without a mask."""
        if mask is None:
            mask = ops.ones(ops.shape(inputs)[:2], dtype="bool")
        if self.kind == "average":
            real = _column(mask, inputs.dtype)
            return ops.sum(inputs * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
        lowest = ops.cast(-3e38, inputs.dtype)
        # to add it, rather than to choose by where, spares the gradient two large tensors
        below_all = ops.where(mask, ops.zeros_like(lowest), lowest)
        pooled = ops.max(inputs + ops.expand_dims(below_all, -1), axis=1)
        has_tokens = ops.any(mask, axis=1, keepdims=True)
        return ops.where(has_tokens, pooled, ops.zeros_like(pooled))

    def compute_mask(self, inputs, mask=None):
        """Return None, since nothing is left to mask."""
        return None

    def compute_output_shape(self, input_shape):
        """Return (batch, dim) for (batch, length, dim)."""
        return (input_shape[0], input_shape[2])

    def get_config(self):
        """Return the config of the layer."""
        return {**super().get_config(), "kind": self.kind}


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class MaskedConcatenate(keras.layers.Concatenate):
    """Concatenation of tensors of the same tokens, which keeps the mask of the first one.

    Keras' own layer combines all masks, which costs a step and is wrong in Keras 3.8, where it
    broadcasts them to a shape that is not that of the batch.
    """

    def compute_mask(self, inputs, mask=None):
        """Return the mask of the first tensor."""
        return None if mask is None else mask[0]


def _column(mask, dtype):
    # not mask[:, :, None], which LiteRT has no operation of its own for
    return ops.cast(ops.expand_dims(mask, -1), dtype)
