"""Building blocks of networks: the sizes of the data, and layers that follow them.

The layers have explicit seeds and dtypes, and ignore padding. A Keras layer without an explicit
seed draws one from Python's global random state, and one without an explicit dtype or data format
follows the user's global settings; neither happens here. Sizes become plain ints, since Keras
refuses NumPy's, as in a grid such as ``np.arange(2, 5)``.

Each function imports Keras itself, so that importing networks does not.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from .._compat import InvalidParameterError
from .._saved_state import integer, one_of, or_none
from ._dropout import dropout


@dataclass(frozen=True)
class NetworkSpec:
    """Input of :meth:`Network.build`: sizes, the kind of output, dtype and seed.

    The classifier derives it from the training data. Equal specs and equal network parameters lead
    to models with equal weights, in any process, provided that tables and output biases are equal.

    Parameters
    ----------
    n_outputs : int
        The number of output units: 1 for two classes, otherwise one per class or label.
    output_activation : {"sigmoid", "softmax"}
        "softmax" for more than two classes, "sigmoid" for two classes and for multilabel targets.
    n_tokens : int or None, default=None
        The number of rows of a token embedding, including the padding id 0; None if X holds
        features. It may exceed the vocabulary.
    maxlen : int or None, default=None
        The number of tokens per document, the width of X; None if X holds features.
    n_features : int or None, default=None
        The number of columns of X if X holds features, else None.
    dtype : {"float32", "float64"}, default="float32"
        The precision of weights and arithmetic.
    seed : int, default=0
        The seed of all random draws of the network.
    vector_dim : int or None, default=None
        The length of the pretrained vectors; None without such vectors.
    table : ndarray of shape (n_tokens, vector_dim) or None, default=None
        Initial values of a token embedding: pretrained vectors, with zeros in row 0. None without
        such vectors, or to rebuild a trained network, whose weights are set later. Not compared.
    fixed_rows : ndarray of shape (n_fixed, vector_dim) or None, default=None
        Pretrained vectors of words that are looked up but never trained: id ``n_tokens`` is row 0,
        the next id row 1, and so on. Only set during training. Not compared.
    output_bias : ndarray of shape (n_outputs,) or None, default=None
        Initial bias of the output layer: log-odds, or logarithms, of the class frequencies. None
        for zeros. Not compared.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> spec.seed_for("hidden") == spec.seed_for("output")
    False
    """

    n_outputs: int
    output_activation: str
    n_tokens: int | None = None
    maxlen: int | None = None
    n_features: int | None = None
    dtype: str = "float32"
    seed: int = 0
    vector_dim: int | None = None
    table: np.ndarray | None = field(default=None, compare=False, repr=False)
    fixed_rows: np.ndarray | None = field(default=None, compare=False, repr=False)
    output_bias: np.ndarray | None = field(default=None, compare=False, repr=False)

    _saved_state = {  # without table, fixed rows and output bias, which only training needs
        "n_outputs": integer(1),
        "output_activation": one_of("sigmoid", "softmax"),
        "n_tokens": or_none(integer(1)),
        "maxlen": or_none(integer(1)),
        "n_features": or_none(integer(1)),
        "dtype": one_of("float32", "float64"),
        "seed": integer(),
        "vector_dim": or_none(integer(1)),
    }

    @property
    def reads_tensors(self):
        """Whether X is a plain tensor, without token ids."""
        return self.vector_dim is not None and self.n_tokens == 1

    def without_starts(self):
        """Return a copy without the initial values that only training needs.

        Returns
        -------
        NetworkSpec
            With None for `table`, `fixed_rows` and `output_bias`.
        """
        return replace(self, table=None, fixed_rows=None, output_bias=None)

    def seed_for(self, name):
        """Return the seed of a layer, independent of the order in which layers are created.

        Parameters
        ----------
        name : str
            Name of the layer.

        Returns
        -------
        int
            At least 0, below 2**31.
        """
        state = np.random.SeedSequence([self.seed, *name.encode()]).generate_state(1)
        return int(state[0] >> 1)


def token_input(spec, *, fixed_length=False):
    """Return an input of token ids, (batch, length).

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    fixed_length : bool, default=False
        Whether the length is always ``spec.maxlen``, for networks with weights by position.

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
    import keras

    length = spec.maxlen if fixed_length else None
    return keras.Input((length,), dtype="int32", name="ids")


def feature_input(spec):
    """Return an input of float features, (batch, n_features).

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
    import keras

    return keras.Input((spec.n_features,), dtype=spec.dtype, name="features")


def embed(spec, ids, dim, *, trainable=None, mask=True):
    """Look up token vectors, (batch, length) to (batch, length, dim), zero at padding.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    ids : keras.KerasTensor of shape (batch, length)
        From :func:`token_input`.
    dim : int
        The length of a token vector without pretrained vectors.
    trainable : bool, "both" or None, default=None
        Whether the vectors are trained. False keeps pretrained vectors fixed. "both" concatenates
        a trained and a fixed copy, (batch, length, 2 * dim). None trains them, unless X is a plain
        tensor, whose vectors have no words.
    mask : bool, default=True
        Whether Keras passes a mask of the padding to subsequent layers.

    Returns
    -------
    keras.KerasTensor of shape (batch, length, dim)
        Rows of a table with ``spec.n_tokens`` rows, which starts from ``spec.table`` or randomly.

    Raises
    ------
    ValueError
        If `trainable` needs pretrained vectors and there are none, or asks to train vectors
        without words.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, embed, token_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> embed(spec, token_input(spec), 50).shape
    (None, None, 50)
    """
    _check_trainable(spec, trainable)
    trains = not spec.reads_tensors if trainable is None else bool(trainable)
    tables = [
        _table(spec, ids, dim, name, trains and name != "tokens_kept", mask)
        for name in _table_names(trainable)
    ]
    return join(spec, tables, name="channels")


def table_shapes(spec, dim, trainable=None):
    """Return the weights of :func:`embed` by name and shape, for ``Network.weight_shapes``.

    Parameters
    ----------
    spec, dim, trainable
        As in :func:`embed`.

    Returns
    -------
    shapes : list of (str, tuple of int)
        Path and shape of each weight.
    width : int
        Length of the vector of a token, (batch, length, width).

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, table_shapes
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> table_shapes(spec, 50)
    ([('tokens/embeddings', (9, 50))], 50)
    """
    dim = _vector_dim(spec, dim)
    shapes, names = [], _table_names(trainable)
    for name in names:
        shapes.append((f"{name}/embeddings", (int(spec.n_tokens), dim)))
        if spec.fixed_rows is not None:
            shapes.append((f"{name}/fixed", spec.fixed_rows.shape))
    return shapes, len(names) * dim


def _table_names(trainable):
    return ("tokens", "tokens_kept") if trainable == "both" else ("tokens",)


def _vector_dim(spec, dim):
    return int(dim if spec.vector_dim is None else spec.vector_dim)


def _check_trainable(spec, trainable):
    if trainable in (False, "both") and spec.vector_dim is None:
        raise ValueError(
            f"trainable={trainable!r} needs pretrained vectors, but X holds token ids only. Put "
            "GloVeEmbedder(vectors) between PadTransformer() and the classifier, or leave "
            "trainable=None."
        )
    if trainable in (True, "both") and spec.reads_tensors:
        raise ValueError(
            f"trainable={trainable!r} trains one vector per word, but X is a plain tensor, which "
            'has no words. Pass the output of GloVeEmbedder(output="sequence"), or '
            "leave trainable=None."
        )


def _table(spec, ids, dim, name, trainable, mask):
    import keras

    from ._keras_layers import TokenEmbedding

    layer = TokenEmbedding(
        int(spec.n_tokens),
        _vector_dim(spec, dim),
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
    """Convolve token vectors, (batch, length, dim) to (batch, length, num_filters).

    Windows are centered on real tokens; beyond both ends of the text there are zeros.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, length, dim)
        Token vectors.
    num_filters : int
        The number of filters.
    kernel_size : int
        The number of tokens in a window.
    activation : str
        The name of a Keras activation.
    name : str
        Name of the layer, and of its seed.

    Returns
    -------
    keras.KerasTensor of shape (batch, length, num_filters)
        The activation of each filter at each token.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, convolve, embed, token_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> x = embed(spec, token_input(spec), 50)
    >>> convolve(spec, x, num_filters=8, kernel_size=3, activation="relu", name="windows").shape
    (None, None, 8)
    """
    import keras

    from ._keras_layers import MaskedConv1D

    return MaskedConv1D(
        int(num_filters),
        int(kernel_size),
        padding="same",
        data_format="channels_last",
        activation=_activation(activation),
        kernel_initializer=keras.initializers.GlorotUniform(seed=spec.seed_for(name)),
        dtype=spec.dtype,
        name=name,
    )(x)


def pool(spec, x, kind, name):
    """Take the maximum or average over the tokens, (batch, length, dim) to (batch, dim).

    Padding is ignored; a text without tokens gives zeros.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, length, dim)
        Token vectors, or the output of :func:`convolve`.
    kind : {"max", "average"}
        The kind of pooling.
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
    from ._keras_layers import MaskedPooling1D

    return MaskedPooling1D(kind, dtype=spec.dtype, name=name)(x)


def dense(spec, x, units, activation, name="hidden"):
    """Apply a fully connected layer, (batch, n) to (batch, units).

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, n)
        One vector for each text.
    units : int
        The width of the layer.
    activation : str
        The name of a Keras activation.
    name : str, default="hidden"
        Name of the layer, and of its seed.

    Returns
    -------
    keras.KerasTensor of shape (batch, units)
        The output of the layer.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, dense, feature_input
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_features=4)
    >>> dense(spec, feature_input(spec), 10, "relu").shape
    (None, 10)
    """
    return _dense_layer(spec, units, activation, name)(x)


def _dense_layer(spec, units, activation, name):
    import keras

    return keras.layers.Dense(
        int(units),
        activation=_activation(activation),
        kernel_initializer=keras.initializers.GlorotUniform(seed=spec.seed_for(name)),
        dtype=spec.dtype,
        name=name,
    )


def dense_shapes(n_inputs, **units):
    """Return the weights of dense layers by name and shape, for ``Network.weight_shapes``.

    Parameters
    ----------
    n_inputs : int
        The number of inputs of the first layer.
    **units : dict of str to int or None
        Name and width of each layer; None for no such layer.

    Returns
    -------
    list of (str, tuple of int)
        Path and shape of each weight.

    Examples
    --------
    >>> from sklearn_textnn.networks import dense_shapes
    >>> dense_shapes(50, hidden=10)
    [('hidden/kernel', (50, 10)), ('hidden/bias', (10,))]
    """
    shapes = []
    for name, n in units.items():
        if n is not None:
            shapes += [(f"{name}/kernel", (n_inputs, n)), (f"{name}/bias", (n,))]
            n_inputs = n
    return shapes


def _activation(name):
    import keras

    try:
        return keras.activations.get(name)
    except (ValueError, TypeError):
        raise InvalidParameterError(
            f"The 'activation' parameter of a network must be the name of a Keras activation, such "
            f"as 'relu' or 'tanh'. Got {name!r} instead."
        ) from None


def output(spec, x):
    """Apply the output layer, (batch, n) to probabilities, (batch, n_outputs).

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, n)
        One vector for each text.

    Returns
    -------
    keras.KerasTensor of shape (batch, n_outputs)
        The output of the model.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, feature_input, output
    >>> spec = NetworkSpec(n_outputs=3, output_activation="softmax", n_features=4)
    >>> output(spec, feature_input(spec)).shape
    (None, 3)
    """
    layer = _dense_layer(spec, spec.n_outputs, spec.output_activation, "output")
    outputs = layer(x)
    if spec.output_bias is not None:  # not an initializer, which would be part of a program's key
        layer.bias.assign(spec.output_bias)
    return outputs


def hidden_and_output(spec, x, units, activation, rate):
    """Return probabilities after an optional hidden layer, with dropout before and after it."""
    _activation(activation)  # refuse a wrong name even without a hidden layer
    x = dropout(spec, x, rate, name="dropout_1")
    if units is not None:
        x = dense(spec, x, units, activation)  # (batch, units)
        x = dropout(spec, x, rate, name="dropout_2")
    return output(spec, x)  # (batch, n_outputs)


def join(spec, parts, name):
    """Concatenate one or more tensors along the last axis."""
    if len(parts) == 1:
        return parts[0]
    from ._keras_layers import MaskedConcatenate

    return MaskedConcatenate(dtype=spec.dtype, name=name)(parts)
