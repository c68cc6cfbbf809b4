"""Concatenated token vectors."""

from .._compat import POSITIVE_INT
from ._embed import embed, table_shapes
from ._layers import dense_shapes, hidden_and_output, token_input
from ._network import SHARE, Network


class FlattenNetwork(Network):
    """Network on concatenated token vectors, with one hidden layer.

    Each position has its own weights, so the same words shifted by one look entirely different. A
    teaching example and a baseline; the only network here whose predictions depend on the padding.

    Parameters
    ----------
    embedding_dim : int, default=50
        The length of a token vector; ignored with pretrained vectors.
    units : int or None, default=10
        The width of the hidden layer; None for no hidden layer.
    activation : str, default="relu"
        The name of a Keras activation, for the hidden layer.
    dropout : float, default=0.0
        The share of units dropped before and after the hidden layer in training, in [0, 1).
    trainable : bool or None, default=None
        Whether the token vectors are trained; see :func:`embed`.

    Examples
    --------
    >>> from sklearn_textnn.networks import FlattenNetwork, NetworkSpec
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> FlattenNetwork().build(spec).count_params()
    137371
    """

    _parameter_constraints = {
        "embedding_dim": [POSITIVE_INT],
        "units": [POSITIVE_INT, None],
        "activation": [str],
        "dropout": [SHARE],
        "trainable": ["boolean", None],
    }

    def __init__(self, embedding_dim=50, units=10, activation="relu", dropout=0.0, trainable=None):
        self.embedding_dim = embedding_dim
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.trainable = trainable

    @classmethod
    def examples(cls):
        """Return instances for tests; see :meth:`Network.examples`."""
        return [cls(embedding_dim=3, units=2, dropout=0.5)]

    def build(self, spec):
        """Build the model; see :meth:`Network.build`."""
        import keras

        ids = token_input(spec, fixed_length=True)  # (batch, maxlen)
        # (batch, maxlen, dim)
        x = embed(spec, ids, self.embedding_dim, trainable=self.trainable, mask=False)
        x = keras.layers.Flatten(dtype=spec.dtype, name="flatten")(x)  # (batch, maxlen * dim)
        outputs = hidden_and_output(spec, x, self.units, self.activation, self.dropout)
        return keras.Model(ids, outputs, name="flatten")  # (batch, n_outputs)

    def forward(self, layers, x):
        """Compute in NumPy; see :meth:`Network.forward`."""
        vectors = layers.embed(x, self.trainable)
        return layers.hidden_and_output([vectors.reshape(len(x), -1)], self.activation)

    def weight_shapes(self, spec):
        """Return names and shapes; see :meth:`Network.weight_shapes`."""
        tables, width = table_shapes(spec, self.embedding_dim, self.trainable)
        width *= spec.maxlen
        return [*tables, *dense_shapes(width, hidden=self.units, output=spec.n_outputs)]
