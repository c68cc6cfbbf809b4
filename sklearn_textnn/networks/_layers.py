"""The layers that the networks share: seeded, with explicit dtypes, blind to padding.

A layer without an explicit seed draws one from Python's global random state, and one without an
explicit dtype or data format follows the user's global settings; neither happens here. Sizes become
plain ints: Keras refuses NumPy's, of which a grid such as ``np.arange(2, 5)`` consists.
"""

import keras
from keras import ops

from .._compat import InvalidParameterError

PADDING_ID = 0


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class TokenEmbedding(keras.layers.Embedding):
    """An Embedding whose padding is zero and masked: (batch, length) to (batch, length, dim).

    With `n_fixed`, ids below 0 are rows of a second table that is never trained.
    """

    def __init__(self, *args, mask_zero=True, n_fixed=0, **kwargs):
        super().__init__(*args, mask_zero=mask_zero, **kwargs)
        self.n_fixed = n_fixed

    def build(self, input_shape=None):
        """Make the tables."""
        super().build(input_shape)
        if self.n_fixed:
            self.fixed = self.add_weight(
                name="fixed", shape=(self.n_fixed, self.output_dim), trainable=False
            )

    def call(self, inputs):
        """Look up the rows; padding stays zero whatever row 0 of the table holds."""
        if self.n_fixed:
            fixed = ops.take(self.fixed, ops.maximum(-inputs - 1, 0), axis=0)
            vectors = self.look_up(ops.maximum(inputs, 0))
            vectors = ops.where(inputs[:, :, None] < 0, fixed, vectors)
        else:
            vectors = self.look_up(inputs)
        return vectors * _column(ops.not_equal(inputs, PADDING_ID), vectors.dtype)

    def look_up(self, ids):
        """Return a row of the table for each id."""
        return super().call(ids)

    def get_config(self):
        """Keras' description of the layer."""
        return {**super().get_config(), "n_fixed": self.n_fixed}


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class MaskedConv1D(keras.layers.Conv1D):
    """A convolution with one window per real token and zeros beyond both ends of the text.

    Where a window would be centred on padding, the output is zero.
    """

    def __init__(self, *args, padding="same", **kwargs):
        super().__init__(*args, padding=padding, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        """Convolve; windows that are centred on padding stay masked."""
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
        self.supports_masking = True

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
        pooled = ops.max(inputs + below_all[:, :, None], axis=1)
        return ops.where(ops.any(mask, axis=1)[:, None], pooled, ops.zeros_like(pooled))

    def compute_mask(self, inputs, mask=None):
        """Nothing is left to mask."""
        return None

    def compute_output_shape(self, input_shape):
        """(batch, length, dim) to (batch, dim)."""
        return (input_shape[0], input_shape[2])

    def get_config(self):
        """Keras' description of the layer."""
        return {**super().get_config(), "kind": self.kind}


def _column(mask, dtype):
    return ops.cast(mask[:, :, None], dtype)


def token_input(spec, *, fixed_length=False):
    """Input of token ids, (batch, length).

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    fixed_length : bool, default=False
        Whether the length is ``spec.maxlen``, for networks with weights by position; else any.

    Returns
    -------
    keras.KerasTensor of int32 of shape (batch, length)
        The model's input.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, token_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> token_input(spec).shape, token_input(spec, fixed_length=True).shape
    ((None, None), (None, 5))
    """
    length = spec.maxlen if fixed_length else None
    return keras.Input((length,), dtype="int32", name="ids")


def feature_input(spec):
    """Input of float features, (batch, n_features).

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.

    Returns
    -------
    keras.KerasTensor of shape (batch, n_features)
        The model's input.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, feature_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_features=4)
    >>> feature_input(spec).shape
    (None, 4)
    """
    return keras.Input((spec.n_features,), dtype=spec.dtype, name="features")


def embed(spec, ids, dim, *, trainable=None, mask=True):
    """Token vectors, (batch, length) to (batch, length, dim), zero at padding.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    ids : keras.KerasTensor of shape (batch, length)
        From :func:`token_input`.
    dim : int
        Length of a token vector, where no pretrained vectors came.
    trainable : bool, "both" or None, default=None
        Whether the vectors are trained. False, for pretrained ones only: they stay as they are.
        "both": a trained copy and one that stays, side by side, (batch, length, 2 * dim). None
        trains them, unless X is a plain tensor, whose vectors belong to no words.
    mask : bool, default=True
        Whether Keras hands on to the layers that follow where the padding is.

    Returns
    -------
    keras.KerasTensor of shape (batch, length, dim)
        The rows of a table, one for each of the ``spec.n_tokens`` ids; ``spec.table`` where there
        is one, else random ones.

    Raises
    ------
    ValueError
        If `trainable` asks for pretrained vectors and none came, or for training of vectors that
        belong to no words.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, embed, token_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> embed(spec, token_input(spec), 50).shape
    (None, None, 50)
    """
    copies = [_table(spec, ids, dim, name, kept, mask) for name, kept in _copies(spec, trainable)]
    if len(copies) == 1:
        return copies[0]
    return keras.layers.Concatenate(dtype=spec.dtype, name="channels")(copies)


def _copies(spec, trainable):
    """Return name and `trainable` of each table; "both" has two."""
    if trainable in (False, "both") and spec.vector_dim is None:
        raise ValueError(
            f"trainable={trainable!r} needs pretrained vectors, but X holds token ids alone. Put "
            "GloVeEmbedder(vectors) between PadTransformer() and the classifier, or leave "
            "trainable=None."
        )
    if trainable in (True, "both") and spec.reads_tensors:
        raise ValueError(
            f"trainable={trainable!r} trains one vector per word, but X is a plain tensor, which "
            'does not tell its words. Pass the output of GloVeEmbedder(output="sequence"), or '
            "leave trainable=None."
        )
    if trainable == "both":
        return [("tokens", True), ("tokens_kept", False)]
    return [("tokens", not spec.reads_tensors if trainable is None else bool(trainable))]


def _table(spec, ids, dim, name, trainable, mask):
    layer = TokenEmbedding(
        int(spec.n_tokens),
        int(dim if spec.vector_dim is None else spec.vector_dim),
        embeddings_initializer=keras.initializers.RandomUniform(seed=spec.seed_for(name)),
        mask_zero=mask,
        n_fixed=0 if spec.fixed_rows is None else len(spec.fixed_rows),
        trainable=trainable,
        dtype=spec.dtype,
        name=name,
    )
    vectors = layer(ids)
    if spec.table is not None:
        layer.embeddings.assign(spec.table)
    if spec.fixed_rows is not None:
        layer.fixed.assign(spec.fixed_rows)
    return vectors


def convolve(spec, x, num_filters, kernel_size, activation, name):
    """Windows of `kernel_size` tokens, (batch, length, dim) to (batch, length, num_filters).

    Windows are centred on real tokens; beyond both ends of the text there are zeros.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, length, dim)
        Token vectors.
    num_filters : int
        Patterns learnt.
    kernel_size : int
        Tokens in a window.
    activation : str
        Name of a Keras activation.
    name : str
        Name of the layer, and of its seed.

    Returns
    -------
    keras.KerasTensor of shape (batch, length, num_filters)
        How much each pattern is there, at each token.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, convolve, embed, token_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> x = embed(spec, token_input(spec), 50)
    >>> convolve(spec, x, num_filters=8, kernel_size=3, activation="relu", name="windows").shape
    (None, None, 8)
    """
    return MaskedConv1D(
        int(num_filters),
        int(kernel_size),
        data_format="channels_last",
        activation=_activation(activation),
        kernel_initializer=keras.initializers.GlorotUniform(seed=spec.seed_for(name)),
        dtype=spec.dtype,
        name=name,
    )(x)


def pool(spec, x, kind, name):
    """Maximum or average over the tokens, (batch, length, dim) to (batch, dim).

    Padding takes no part; a text without tokens gives zeros.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, length, dim)
        Token vectors, or what :func:`convolve` made of them.
    kind : {"max", "average"}
        How the vectors of a text become one.
    name : str
        Name of the layer.

    Returns
    -------
    keras.KerasTensor of shape (batch, dim)
        One vector for each text.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, embed, pool, token_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> pool(spec, embed(spec, token_input(spec), 50), "max", name="max_pool").shape
    (None, 50)
    """
    return MaskedPooling1D(kind, dtype=spec.dtype, name=name)(x)


def dropout(spec, x, rate, name="dropout"):
    """Drop units while training; no layer at all for a rate of 0.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor
        Of any shape.
    rate : float
        Share of the units that become 0, in [0, 1).
    name : str, default="dropout"
        Name of the layer, and of its seed.

    Returns
    -------
    keras.KerasTensor
        Of the same shape.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, dropout, feature_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_features=4)
    >>> dropout(spec, feature_input(spec), 0.5).shape
    (None, 4)
    """
    if rate == 0:
        return x
    return keras.layers.Dropout(rate, seed=spec.seed_for(name), dtype=spec.dtype, name=name)(x)


def dense(spec, x, units, activation, name="hidden"):
    """One fully connected layer, (batch, n) to (batch, units).

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, n)
        One vector for each text.
    units : int
        Width of the layer.
    activation : str
        Name of a Keras activation.
    name : str, default="hidden"
        Name of the layer, and of its seed.

    Returns
    -------
    keras.KerasTensor of shape (batch, units)
        What the layer makes of them.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, dense, feature_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_features=4)
    >>> dense(spec, feature_input(spec), 10, "relu").shape
    (None, 10)
    """
    return keras.layers.Dense(
        int(units),
        activation=_activation(activation),
        kernel_initializer=keras.initializers.GlorotUniform(seed=spec.seed_for(name)),
        dtype=spec.dtype,
        name=name,
    )(x)


def _activation(name):
    try:
        return keras.activations.get(name)
    except (ValueError, TypeError):
        raise InvalidParameterError(
            f"The 'activation' parameter of a network must be the name of a Keras activation, such "
            f"as 'relu' or 'tanh'. Got {name!r} instead."
        ) from None


def output(spec, x):
    """Probabilities, (batch, n) to (batch, n_outputs).

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, n)
        One vector for each text.

    Returns
    -------
    keras.KerasTensor of shape (batch, n_outputs)
        What the model ends with.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, feature_input, output
    >>> spec = NetworkSpec(n_outputs=3, output_activation="softmax", n_features=4)
    >>> output(spec, feature_input(spec)).shape
    (None, 3)
    """
    return dense(spec, x, spec.n_outputs, spec.output_activation, name="output")
