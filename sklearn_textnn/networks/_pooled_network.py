"""Base class of networks that pool the token vectors of a text."""

from abc import abstractmethod

from .._compat import POSITIVE_INT
from ._dropout import vector_dropout, word_dropout
from ._embed import embed
from ._layers import dense_shapes, hidden_and_output, join, token_input
from ._network import SHARE, Network


class PooledNetwork(Network):
    """Base class of networks of token vectors, pooling over the text, and dense layers.

    A subclass defines the Keras layers that pool (`_pooled`), and the width of their output.
    """

    ignores_padding = True

    _parameter_constraints = {
        "embedding_dim": [POSITIVE_INT],
        "units": [POSITIVE_INT, None],
        "activation": [str],
        "dropout": [SHARE],
        "word_dropout": [SHARE],
        "vector_dropout": [SHARE],
        "trainable": ["boolean", None],
    }

    def build(self, spec):
        """Build the model; see :meth:`Network.build`."""
        import keras

        ids = token_input(spec)  # (batch, length)
        words = word_dropout(spec, ids, self.word_dropout)  # (batch, length)
        x = embed(spec, words, self.embedding_dim, trainable=self.trainable)  # (batch, length, dim)
        x = vector_dropout(spec, x, self.vector_dropout)
        x = join(spec, self._pooled(spec, x), name="join")  # (batch, width)
        outputs = hidden_and_output(spec, x, self.units, self.activation, self.dropout)
        name = type(self).__name__.removesuffix("Network").lower()
        return keras.Model(ids, outputs, name=name)  # (batch, n_outputs)

    @abstractmethod
    def _pooled(self, spec, x):
        """Pool token vectors (batch, length, dim); return one or more tensors (batch, width)."""

    def _shapes(self, spec, shapes, width):
        """Return `shapes` and those of the dense layers, the first with inputs of `width`."""
        return [*shapes, *dense_shapes(width, hidden=self.units, output=spec.n_outputs)]
