"""Pooled token vectors."""

from .._compat import StrOptions
from ._embed import table_shapes
from ._layers import pool
from ._pooled_network import PooledNetwork


class PoolingNetwork(PooledNetwork):
    """Network on token vectors pooled over the text.

    Padding and the order of words have no effect.

    Parameters
    ----------
    embedding_dim : int, default=50
        The length of a token vector; ignored with pretrained vectors.
    pooling : {"max", "average"} or tuple of both, default=("average", "max")
        The kind of pooling over the tokens; a tuple concatenates both.
    units : int or None, default=None
        The width of a hidden layer; None for no hidden layer. A layer with fewer units than
        classes is a bottleneck.
    activation : str, default="relu"
        The name of a Keras activation, for the hidden layer.
    dropout : float, default=0.0
        The share of units dropped before and after the hidden layer in training, in [0, 1).
    word_dropout : float, default=0.0
        The share of words dropped in training, in [0, 1), and of whole texts a tenth of it; see
        :func:`word_dropout`.
    vector_dropout : float, default=0.0
        The share of dimensions of the token vectors dropped per text in training, in [0, 1).
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
