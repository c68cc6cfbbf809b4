"""Convolution over token vectors."""

from numbers import Integral, Real

import keras

from .._compat import Interval, StrOptions
from ._base import Network
from ._layers import convolve, dense, dropout, embed, output, pool, token_input


class ConvolutionalNetwork(Network):
    """Convolution over token vectors, maximum over the text, one hidden layer, probabilities.

    Windows are centred on real tokens, with zeros beyond both ends of the text, so a text shorter
    than the window is no problem and padding changes nothing.

    Parameters
    ----------
    embedding_dim : int, default=100
        Length of a token vector; pretrained vectors bring their own.
    num_filters : int, default=128
        Patterns learnt, for each kernel size.
    kernel_size : int or tuple of int, default=5
        Tokens in a window; several sizes are pooled side by side.
    units : int or None, default=10
        Width of the hidden layer; None for none.
    activation : str, default="relu"
        Name of a Keras activation, for the filters and the hidden layer.
    dropout : float, default=0.0
        Share of the units dropped before and after the hidden layer while training, in [0, 1).
    trainable : bool, "both" or None, default=None
        Whether the token vectors are trained. False, for pretrained ones only: they stay as they
        are. "both": each window sees a trained copy and one that stays, side by side. None trains
        them, but for those of a plain tensor, which belong to no words.

    References
    ----------
    Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014: several kernel
    sizes, ``units=None`` and ``dropout=0.5``; his multichannel network is ``trainable="both"``.

    Examples
    --------
    >>> from sklearn_textnn.networks import ConvolutionalNetwork, NetworkSpec
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> ConvolutionalNetwork().build(spec).count_params()
    240129
    """

    ignores_padding = True

    _parameter_constraints = {
        "embedding_dim": [Interval(Integral, 1, None, closed="left")],
        "num_filters": [Interval(Integral, 1, None, closed="left")],
        "kernel_size": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "units": [Interval(Integral, 1, None, closed="left"), None],
        "activation": [str],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "trainable": ["boolean", StrOptions({"both"}), None],
    }

    def __init__(
        self,
        embedding_dim=100,
        num_filters=128,
        kernel_size=5,
        units=10,
        activation="relu",
        dropout=0.0,
        trainable=None,
    ):
        self.embedding_dim = embedding_dim
        self.num_filters = num_filters
        self.kernel_size = kernel_size
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.trainable = trainable

    def build(self, spec):
        """Make the model; see :meth:`Network.build`."""
        ids = token_input(spec)  # (batch, length)
        x = embed(spec, ids, self.embedding_dim, trainable=self.trainable)  # (batch, length, dim)
        sizes = self._one_or_more("kernel_size", Interval(Integral, 1, None, closed="left"))
        pooled = []
        for i, size in enumerate(sizes, start=1):
            windows = convolve(spec, x, self.num_filters, size, self.activation, f"windows_{i}")
            pooled.append(pool(spec, windows, "max", name=f"max_pool_{i}"))  # (batch, num_filters)
        x = pooled[0]
        if len(pooled) > 1:
            x = keras.layers.Concatenate(dtype=spec.dtype, name="join")(pooled)
        x = dropout(spec, x, self.dropout, name="dropout_1")
        if self.units is not None:
            x = dense(spec, x, self.units, self.activation)  # (batch, units)
            x = dropout(spec, x, self.dropout, name="dropout_2")
        return keras.Model(ids, output(spec, x), name="convolutional")  # (batch, n_outputs)
