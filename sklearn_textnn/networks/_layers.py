"""Building blocks of networks, from the input to the output.

The layers have explicit seeds and dtypes, and ignore padding. A Keras layer without an explicit
seed draws one from Python's global random state, and one without an explicit dtype or data format
follows the user's global settings; neither happens here. Sizes become plain ints, since Keras
refuses NumPy's, as in a grid such as ``np.arange(2, 5)``.

Keras is imported inside the functions, so that importing networks does not.
"""

from .._compat import InvalidParameterError
from ._dropout import dropout


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
