"""Bag of token vectors."""

from numbers import Integral, Real

import keras

from .._compat import Interval, StrOptions
from ._base import Network
from ._layers import dense, dropout, embed, output, pool, token_input


class PoolingNetwork(Network):
    """Token vectors pooled over the text, one hidden layer, probabilities.

    Padding takes no part, and the order of the words plays no role.

    Parameters
    ----------
    embedding_dim : int, default=50
        Length of a token vector; pretrained vectors bring their own.
    pooling : {"max", "average"} or tuple of both, default="max"
        How the vectors of a text become one; a tuple joins them side by side.
    units : int, default=10
        Width of the hidden layer.
    activation : str, default="relu"
        Name of a Keras activation, for the hidden layer.
    dropout : float, default=0.0
        Share of the units dropped before and after the hidden layer while training, in [0, 1).
    trainable : bool or None, default=None
        Whether the token vectors are trained. False, for pretrained ones only: they stay as they
        are. None trains them, but for those of a plain tensor, which belong to no words.

    References
    ----------
    Shen et al., "Baseline Needs More Love: On Simple Word-Embedding-Based Models and Associated
    Pooling Mechanisms", ACL 2018.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, PoolingNetwork
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> PoolingNetwork().build(spec).count_params()
    87871
    """

    ignores_padding = True
    sees_order = False

    _parameter_constraints = {
        "embedding_dim": [Interval(Integral, 1, None, closed="left")],
        "pooling": [StrOptions({"max", "average"}), tuple, list],
        "units": [Interval(Integral, 1, None, closed="left")],
        "activation": [str],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "trainable": ["boolean", None],
    }

    def __init__(
        self,
        embedding_dim=50,
        pooling="max",
        units=10,
        activation="relu",
        dropout=0.0,
        trainable=None,
    ):
        self.embedding_dim = embedding_dim
        self.pooling = pooling
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.trainable = trainable

    def build(self, spec):
        """Make the model; see :meth:`Network.build`."""
        ids = token_input(spec)  # (batch, length)
        x = embed(spec, ids, self.embedding_dim, trainable=self.trainable)  # (batch, length, dim)
        kinds = self._one_or_more("pooling", StrOptions({"max", "average"}))
        pooled = [
            pool(spec, x, kind, name=f"{kind}_pool_{i}") for i, kind in enumerate(kinds, start=1)
        ]  # (batch, dim) each
        x = pooled[0]
        if len(pooled) > 1:
            x = keras.layers.Concatenate(dtype=spec.dtype, name="join")(pooled)  # (batch, n * dim)
        x = dropout(spec, x, self.dropout, name="dropout_1")
        x = dense(spec, x, self.units, self.activation)  # (batch, units)
        x = dropout(spec, x, self.dropout, name="dropout_2")
        return keras.Model(ids, output(spec, x), name="pooling")  # (batch, n_outputs)
