"""Token vectors side by side."""

from numbers import Integral, Real

import keras

from .._compat import Interval
from ._base import Network
from ._layers import dense, dropout, embed, output, token_input


class FlattenNetwork(Network):
    """Token vectors laid side by side, one hidden layer, probabilities.

    Every position has weights of its own, so the same words one place later are another text: a
    teaching example and a baseline, the one network here whose predictions depend on the padding.

    Parameters
    ----------
    embedding_dim : int, default=50
        Length of a token vector; pretrained vectors bring their own.
    units : int, default=10
        Width of the hidden layer.
    activation : str, default="relu"
        Name of a Keras activation, for the hidden layer.
    dropout : float, default=0.0
        Share of the units dropped before and after the hidden layer while training, in [0, 1).
    trainable : bool or None, default=None
        Whether the token vectors are trained. False, for pretrained ones only: they stay as they
        are. None trains them, but for those of a plain tensor, which belong to no words.

    Examples
    --------
    >>> from sklearn_textnn.networks import FlattenNetwork, NetworkSpec
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> FlattenNetwork().build(spec).count_params()
    137371
    """

    _parameter_constraints = {
        "embedding_dim": [Interval(Integral, 1, None, closed="left")],
        "units": [Interval(Integral, 1, None, closed="left")],
        "activation": [str],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "trainable": ["boolean", None],
    }

    def __init__(self, embedding_dim=50, units=10, activation="relu", dropout=0.0, trainable=None):
        self.embedding_dim = embedding_dim
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.trainable = trainable

    def build(self, spec):
        """Make the model; see :meth:`Network.build`."""
        ids = token_input(spec, fixed_length=True)  # (batch, maxlen)
        # (batch, maxlen, dim)
        x = embed(spec, ids, self.embedding_dim, trainable=self.trainable, mask=False)
        x = keras.layers.Flatten(dtype=spec.dtype, name="flatten")(x)  # (batch, maxlen * dim)
        x = dropout(spec, x, self.dropout, name="dropout_1")
        x = dense(spec, x, self.units, self.activation)  # (batch, units)
        x = dropout(spec, x, self.dropout, name="dropout_2")
        return keras.Model(ids, output(spec, x), name="flatten")  # (batch, n_outputs)
