"""Token embeddings of networks, with or without pretrained vectors.

Keras is imported inside the functions, so that importing networks does not.
"""

from ._layers import join


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
