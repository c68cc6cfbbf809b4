"""Bag of token vectors."""

from .._compat import StrOptions
from ._layers import pool, table_shapes
from ._pooled_network import PooledNetwork


class PoolingNetwork(PooledNetwork):
    """Token vectors pooled over the text, probabilities.

    Padding takes no part, and the order of the words plays no role.

    Parameters
    ----------
    embedding_dim : int, default=50
        Length of a token vector; pretrained vectors bring their own.
    pooling : {"max", "average"} or tuple of both, default=("average", "max")
        How the vectors of a text become one; a tuple joins them side by side.
    units : int or None, default=None
        Width of a hidden layer; None for none. A layer narrower than there are classes is a
        bottleneck.
    activation : str, default="relu"
        Name of a Keras activation, for the hidden layer.
    dropout : float, default=0.0
        Share of the units dropped before and after the hidden layer while training, in [0, 1).
    word_dropout : float, default=0.0
        Share of the words left out while training, in [0, 1), and a tenth of it of whole texts;
        see :func:`word_dropout`.
    vector_dropout : float, default=0.0
        Share of the dimensions of the token vectors left out of a text while training, in [0, 1).
    trainable : bool or None, default=None
        Whether the token vectors are trained; see :func:`embed`.

    References
    ----------
    Shen et al., "Baseline Needs More Love: On Simple Word-Embedding-Based Models and Associated
    Pooling Mechanisms", ACL 2018.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec, PoolingNetwork
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> PoolingNetwork().build(spec).count_params()
    87451
    """

    sees_order = False

    _parameter_constraints = {
        **PooledNetwork._parameter_constraints,
        "pooling": [StrOptions({"max", "average"}), tuple, list],
    }

    def __init__(
        self,
        embedding_dim=50,
        pooling=("average", "max"),
        units=None,
        activation="relu",
        dropout=0.0,
        word_dropout=0.0,
        vector_dropout=0.0,
        trainable=None,
    ):
        self.embedding_dim = embedding_dim
        self.pooling = pooling
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
            cls(embedding_dim=3, pooling=("max", "average"), units=2, dropout=0.5),
            cls(embedding_dim=3, units=None, word_dropout=0.5, vector_dropout=0.5),
        ]

    def _pooled(self, spec, x):
        return [
            pool(spec, x, kind, name=f"{kind}_pool_{i}")  # (batch, dim)
            for i, kind in enumerate(self._kinds(), start=1)
        ]

    def forward(self, layers, x):
        """Compute in NumPy; see :meth:`Network.forward`."""
        real, vectors = x != 0, layers.embed(x, self.trainable)
        pooled = [layers.pool(vectors, real, kind) for kind in self._kinds()]
        return layers.hidden_and_output(pooled, self.activation)

    def weight_shapes(self, spec):
        """Return names and shapes; see :meth:`Network.weight_shapes`."""
        tables, width = table_shapes(spec, self.embedding_dim, self.trainable)
        return self._shapes(spec, tables, width * len(self._kinds()))

    def _kinds(self):
        return self._one_or_more("pooling", StrOptions({"max", "average"}))
