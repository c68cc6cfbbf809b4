"""Convolution over token vectors."""

from .._compat import POSITIVE_INT, StrOptions
from ._embed import table_shapes
from ._layers import convolve, pool
from ._pooled_network import PooledNetwork


class ConvolutionalNetwork(PooledNetwork):
    """Convolutional network over token vectors, with max pooling over the text.

    Windows are centered on real tokens, with zeros beyond both ends of the text, so texts may be
    shorter than a window, and padding has no effect.

    Parameters
    ----------
    embedding_dim : int, default=100
        The length of a token vector; ignored with pretrained vectors.
    num_filters : int, default=100
        The number of filters per kernel size.
    kernel_size : int or tuple of int, default=(1, 2, 3)
        The number of tokens in a window; the pooled outputs of several sizes are concatenated.
    units : int or None, default=None
        The width of a hidden layer; None for no hidden layer. A layer with fewer units than
        classes is a bottleneck.
    activation : str, default="relu"
        The name of a Keras activation, for the filters and the hidden layer.
    dropout : float, default=0.0
        The share of units dropped before and after the hidden layer in training, in [0, 1).
    word_dropout : float, default=0.0
        The share of words dropped in training, in [0, 1), and of whole texts a tenth of it; see
        :func:`word_dropout`.
    vector_dropout : float, default=0.0
        The share of dimensions of the token vectors dropped per text in training, in [0, 1).
    trainable : bool, "both" or None, default=None
        Whether the token vectors are trained; see :func:`embed`. With "both", each window sees a
        trained and a fixed copy.

    References
    ----------
    Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014: with
    ``kernel_size=(3, 4, 5)`` and ``dropout=0.5``; his multichannel network is
    ``trainable="both"``.

    Examples
    --------
    >>> from sklearn_textnn.networks import ConvolutionalNetwork, NetworkSpec
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> ConvolutionalNetwork().build(spec).count_params()
    235301
    """

    _parameter_constraints = {
        **PooledNetwork._parameter_constraints,
        "num_filters": [POSITIVE_INT],
        "kernel_size": [POSITIVE_INT, tuple, list],
        "trainable": ["boolean", StrOptions({"both"}), None],
    }

    def __init__(
        self,
        embedding_dim=100,
        num_filters=100,
        kernel_size=(1, 2, 3),
        units=None,
        activation="relu",
        dropout=0.0,
        word_dropout=0.0,
        vector_dropout=0.0,
        trainable=None,
    ):
        self.embedding_dim = embedding_dim
        self.num_filters = num_filters
        self.kernel_size = kernel_size
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.word_dropout = word_dropout
        self.vector_dropout = vector_dropout
        self.trainable = trainable

    @classmethod
    def examples(cls):
        """Return instances for tests; see :meth:`Network.examples`."""
        return [
            cls(embedding_dim=3, num_filters=2, kernel_size=(1, 2), units=2, dropout=0.5),
            cls(embedding_dim=3, units=None, word_dropout=0.5, vector_dropout=0.5),
        ]

    def _pooled(self, spec, x):
        pooled = []
        for i, size in enumerate(self._sizes(), start=1):
            windows = convolve(spec, x, self.num_filters, size, self.activation, f"windows_{i}")
            pooled.append(pool(spec, windows, "max", name=f"max_pool_{i}"))  # (batch, num_filters)
        return pooled

    def forward(self, layers, x):
        """Compute in NumPy; see :meth:`Network.forward`."""
        pooled = []
        for i, _ in enumerate(self._sizes(), start=1):
            windows = layers.convolve_tokens(x, self.trainable, self.activation, f"windows_{i}")
            pooled.append(layers.pool(windows, x != 0, "max"))
        return layers.hidden_and_output(pooled, self.activation)

    def weight_shapes(self, spec):
        """Return names and shapes; see :meth:`Network.weight_shapes`."""
        shapes, width = table_shapes(spec, self.embedding_dim, self.trainable)
        sizes, n = self._sizes(), self.num_filters
        for i, size in enumerate(sizes, start=1):
            shapes += [(f"windows_{i}/kernel", (size, width, n)), (f"windows_{i}/bias", (n,))]
        return self._shapes(spec, shapes, len(sizes) * n)

    def _sizes(self):
        return self._one_or_more("kernel_size", POSITIVE_INT)
