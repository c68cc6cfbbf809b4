"""Bag of token vectors."""

from numbers import Real

from .._compat import POSITIVE_INT, Interval, StrOptions
from ._dropout import vector_dropout, word_dropout
from ._layers import dense_shapes, embed, hidden_and_output, join, pool, table_shapes, token_input
from ._network import Network


class PoolingNetwork(Network):
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

    ignores_padding = True
    sees_order = False

    _parameter_constraints = {
        "embedding_dim": [POSITIVE_INT],
        "pooling": [StrOptions({"max", "average"}), tuple, list],
        "units": [POSITIVE_INT, None],
        "activation": [str],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "word_dropout": [Interval(Real, 0, 1, closed="left")],
        "vector_dropout": [Interval(Real, 0, 1, closed="left")],
        "trainable": ["boolean", None],
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

    def build(self, spec):
        """Make the model; see :meth:`Network.build`."""
        import keras

        ids = token_input(spec)  # (batch, length)
        words = word_dropout(spec, ids, self.word_dropout)  # (batch, length)
        x = embed(spec, words, self.embedding_dim, trainable=self.trainable)  # (batch, length, dim)
        x = vector_dropout(spec, x, self.vector_dropout)
        pooled = [
            pool(spec, x, kind, name=f"{kind}_pool_{i}")  # (batch, dim)
            for i, kind in enumerate(self._kinds(), start=1)
        ]
        x = join(spec, pooled, name="join")  # (batch, n_kinds * dim)
        outputs = hidden_and_output(spec, x, self.units, self.activation, self.dropout)
        return keras.Model(ids, outputs, name="pooling")  # (batch, n_outputs)

    def forward(self, layers, x):
        """Compute in NumPy; see :meth:`Network.forward`."""
        real, vectors = x != 0, layers.embed(x, self.trainable)
        pooled = [layers.pool(vectors, real, kind) for kind in self._kinds()]
        return layers.hidden_and_output(pooled, self.activation)

    def weight_shapes(self, spec):
        """Return names and shapes; see :meth:`Network.weight_shapes`."""
        tables, width = table_shapes(spec, self.embedding_dim, self.trainable)
        width *= len(self._kinds())
        return [*tables, *dense_shapes(width, hidden=self.units, output=spec.n_outputs)]

    def _kinds(self):
        return self._one_or_more("pooling", StrOptions({"max", "average"}))
