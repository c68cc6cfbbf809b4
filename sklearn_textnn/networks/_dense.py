"""A multilayer perceptron on counts or tf-idf."""

from .._compat import POSITIVE_INT
from ._layers import dense, dense_shapes, dropout, feature_input, output
from ._network import SHARE, Network


class DenseNetwork(Network):
    """Multilayer perceptron on float features.

    For the output of :class:`~sklearn.feature_extraction.text.CountVectorizer` or
    :class:`~sklearn.feature_extraction.text.TfidfVectorizer`: sparse X is converted to dense one
    batch at a time, never as a whole.

    Parameters
    ----------
    units : int, tuple of int or None, default=10
        The width of the hidden layer, or of several; None for a linear model.
    activation : str, default="relu"
        The name of a Keras activation, for the hidden layers.
    dropout : float, default=0.0
        The share of units dropped after each hidden layer in training, in [0, 1).

    Examples
    --------
    >>> from sklearn_textnn.networks import DenseNetwork, NetworkSpec
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_features=2505)
    >>> DenseNetwork().build(spec).count_params()
    25071
    """

    reads = "features"

    _parameter_constraints = {
        "units": [POSITIVE_INT, tuple, list, None],
        "activation": [str],
        "dropout": [SHARE],
    }

    def __init__(self, units=10, activation="relu", dropout=0.0):
        self.units = units
        self.activation = activation
        self.dropout = dropout

    @classmethod
    def examples(cls):
        """Return instances for tests; see :meth:`Network.examples`."""
        return [cls(units=(3, 2), dropout=0.5)]

    def build(self, spec):
        """Build the model; see :meth:`Network.build`."""
        import keras

        features = x = feature_input(spec)  # (batch, n_features)
        for i, (name, units) in enumerate(self._hidden().items(), start=1):
            x = dense(spec, x, units, self.activation, name)  # (batch, units)
            x = dropout(spec, x, self.dropout, name=f"dropout_{i}")
        return keras.Model(features, output(spec, x), name="dense")  # (batch, n_outputs)

    def forward(self, layers, x):
        """Compute in NumPy; see :meth:`Network.forward`."""
        for name in self._hidden():
            x = layers.dense(x, self.activation, name)
        return layers.output(x)

    def weight_shapes(self, spec):
        """Return names and shapes; see :meth:`Network.weight_shapes`."""
        return dense_shapes(spec.n_features, **self._hidden(), output=spec.n_outputs)

    def _hidden(self):
        sizes = () if self.units is None else self._one_or_more("units", POSITIVE_INT)
        return {f"hidden_{i}": units for i, units in enumerate(sizes, start=1)}
