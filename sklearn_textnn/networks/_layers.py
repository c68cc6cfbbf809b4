"""What networks are made of: what is known about the data, and layers that follow it.

The layers are seeded, with explicit dtypes, and blind to padding. A layer without an explicit seed
draws one from Python's global random state, and one without an explicit dtype or data format
follows the user's global settings; neither happens here. Sizes become plain ints: Keras refuses
NumPy's, of which a grid such as ``np.arange(2, 5)`` consists.

Each function imports Keras for itself, so that importing networks does not.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from .._compat import InvalidParameterError
from .._saved_state import integer, one_of, or_none
from ._dropout import dropout


@dataclass(frozen=True)
class NetworkSpec:
    """All that :meth:`Network.build` needs to know: sizes, the kind of output, dtype and seed.

    The classifier derives it from the training data. Two equal specs and equal network parameters
    give models with equal weights, in any process, provided that they start from equal tables and
    an equal bias.

    Parameters
    ----------
    n_outputs : int
        Units of the output layer: 1 for two classes, else one per class or label.
    output_activation : {"sigmoid", "softmax"}
        "softmax" for more than two classes, "sigmoid" for two classes and for multilabel targets.
    n_tokens : int or None, default=None
        Rows of a token embedding, the padding id 0 included; None where X holds features. It may
        exceed the vocabulary.
    maxlen : int or None, default=None
        Tokens per document, the width of X; None where X holds features.
    n_features : int or None, default=None
        Columns of X where X holds features, else None.
    dtype : {"float32", "float64"}, default="float32"
        Precision of weights and arithmetic.
    seed : int, default=0
        Where every random draw of the network comes from.
    vector_dim : int or None, default=None
        Length of the pretrained vectors; None where none came with the ids.
    table : ndarray of shape (n_tokens, vector_dim) or None, default=None
        The pretrained vectors that a token embedding starts from, row 0 zero; None where there are
        none, or where a trained network is built again, whose weights follow. Not compared.
    fixed_rows : ndarray of shape (n_fixed, vector_dim) or None, default=None
        Pretrained vectors of words that are looked up and never trained: id ``n_tokens`` is row 0,
        the next id row 1, and so on. Given while a network is trained, never after. Not compared.
    output_bias : ndarray of shape (n_outputs,) or None, default=None
        What the bias of the output layer starts from: the log-odds, or the logarithms, of how
        frequent the classes are. None for zeros. Not compared.

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

    _saved_state = {  # not table, fixed rows and output bias, which only training needs
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
        """Whether plain tensors came, of whose words only the padding is known."""
        return self.vector_dim is not None and self.n_tokens == 1

    def without_starts(self):
        """Return the same without the values that only training starts from.

        Returns
        -------
        NetworkSpec
            With None for `table`, `fixed_rows` and `output_bias`.
        """
        return replace(self, table=None, fixed_rows=None, output_bias=None)

    def seed_for(self, name):
        """Return the seed of one layer, independent of the order in which layers are made.

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
    import keras

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
    import keras

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
    _check_trainable(spec, trainable)
    trains = not spec.reads_tensors if trainable is None else bool(trainable)
    tables = [
        _table(spec, ids, dim, name, trains and name != "tokens_kept", mask)
        for name in _table_names(trainable)
    ]
    return join(spec, tables, name="channels")


def table_shapes(spec, dim, trainable=None):
    """Names and shapes of the weights that :func:`embed` makes, for ``Network.weight_shapes``.

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
    from ._keras_layers import MaskedPooling1D

    return MaskedPooling1D(kind, dtype=spec.dtype, name=name)(x)


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
    """Names and shapes of the weights of dense layers, for ``Network.weight_shapes``.

    Parameters
    ----------
    n_inputs : int
        Length of the vector that the first layer gets.
    **units : dict of str to int or None
        Name and width of each layer; None where there is no such layer.

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
    layer = _dense_layer(spec, spec.n_outputs, spec.output_activation, "output")
    outputs = layer(x)
    if spec.output_bias is not None:  # no initializer, which would be part of a program's key
        layer.bias.assign(spec.output_bias)
    return outputs


def hidden_and_output(spec, x, units, activation, rate):
    """Return probabilities after one hidden layer, or none, with dropout before and after it."""
    _activation(activation)  # a wrong name is refused where no layer has it, too
    x = dropout(spec, x, rate, name="dropout_1")
    if units is not None:
        x = dense(spec, x, units, activation)  # (batch, units)
        x = dropout(spec, x, rate, name="dropout_2")
    return output(spec, x)  # (batch, n_outputs)


def join(spec, parts, name):
    """Return one or more tensors side by side, along the last axis."""
    if len(parts) == 1:
        return parts[0]
    from ._keras_layers import MaskedConcatenate

    return MaskedConcatenate(dtype=spec.dtype, name=name)(parts)
