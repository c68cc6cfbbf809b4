"""Dropout of units, of words and texts, and of dimensions of the token vectors."""


def dropout(spec, x, rate, name="dropout"):
    """Drop units in training; add no layer if the rate is 0.

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
    import keras

    return keras.layers.Dropout(rate, seed=spec.seed_for(name), dtype=spec.dtype, name=name)(x)


def word_dropout(spec, ids, rate, name="word_dropout"):
    """Drop words in training; add no layer if the rate is 0.

    Dropped words become padding, which has no effect. A tenth as often, a text loses all its words,
    so that the network learns what to predict without any known word.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    ids : keras.KerasTensor of shape (batch, length)
        From :func:`token_input`.
    rate : float
        Share of the words that become padding, in [0, 1).
    name : str, default="word_dropout"
        Name of the layer, and of its seed.

    Returns
    -------
    keras.KerasTensor of int32 of shape (batch, length)
        Ids for :func:`embed`.

    References
    ----------
    Iyyer et al., "Deep Unordered Composition Rivals Syntactic Methods for Text Classification",
    ACL 2015.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, token_input, word_dropout
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> word_dropout(spec, token_input(spec), 0.3).shape
    (None, None)
    """
    if rate == 0:
        return ids
    from ._keras_layers import WordDropout

    return WordDropout(rate, seed=spec.seed_for(name), dtype=spec.dtype, name=name)(ids)


def vector_dropout(spec, x, rate, name="vector_dropout"):
    """Drop dimensions of the token vectors in training, the same for all tokens of a text.

    Adds no layer if the rate is 0.

    Parameters
    ----------
    spec : NetworkSpec
        What is known about the data.
    x : keras.KerasTensor of shape (batch, length, dim)
        Token vectors.
    rate : float
        Share of the dimensions that become 0, in [0, 1).
    name : str, default="vector_dropout"
        Name of the layer, and of its seed.

    Returns
    -------
    keras.KerasTensor of shape (batch, length, dim)
        Token vectors.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, embed, token_input, vector_dropout
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=9, maxlen=5)
    >>> vector_dropout(spec, embed(spec, token_input(spec), 50), 0.3).shape
    (None, None, 50)
    """
    if rate == 0:
        return x
    import keras

    layer = keras.layers.SpatialDropout1D
    return layer(rate, seed=spec.seed_for(name), dtype=spec.dtype, name=name)(x)
