"""What every network has in common."""

from abc import ABC, abstractmethod
from numbers import Real

from sklearn.base import BaseEstimator

from .._compat import Interval, InvalidParameterError

SHARE = Interval(Real, 0, 1, closed="left")  # of what is dropped while training


class Network(BaseEstimator, ABC):
    """An architecture: parameters, and how they become a Keras model.

    Subclass it to add one. ``__init__`` only stores its arguments; `build` makes a fresh, untrained
    and uncompiled model from them and a :class:`NetworkSpec`. Training parameters (optimizer,
    epochs, ...) belong to :class:`~sklearn_textnn.classifiers.KerasTextClassifier`.

    Attributes
    ----------
    reads : {"ids", "features"}
        Class attribute: whether the model's input is a matrix of token ids, shape (n_samples,
        maxlen), or of float features, shape (n_samples, n_features).
    ignores_padding : bool
        Class attribute: whether zeros before and behind the tokens of a document play no part, so
        that they may be cut off.
    sees_order : bool
        Class attribute: whether the order of the tokens or features plays a role.

    Examples
    --------
    A linear model of counts, as a network without a hidden layer:

    >>> from sklearn_textnn.networks import (
    ...     Network, NetworkSpec, dense_shapes, feature_input, output
    ... )
    >>> class LinearNetwork(Network):
    ...     reads = "features"
    ...
    ...     def build(self, spec):
    ...         import keras
    ...
    ...         x = feature_input(spec)  # (batch, n_features)
    ...         return keras.Model(x, output(spec, x))
    ...
    ...     def weight_shapes(self, spec):
    ...         return dense_shapes(spec.n_features, output=spec.n_outputs)
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_features=4)
    >>> LinearNetwork().build(spec).count_params()
    5
    >>> LinearNetwork().weight_shapes(spec)
    [('output/kernel', (4, 1)), ('output/bias', (1,))]
    """

    reads = "ids"
    ignores_padding = False
    sees_order = True

    _parameter_constraints = {}

    @abstractmethod
    def build(self, spec):
        """Make the model.

        Parameters
        ----------
        spec : NetworkSpec
            What is known about the data.

        Returns
        -------
        keras.Model
            Untrained and uncompiled, its random weights drawn from ``spec.seed_for(...)`` alone,
            with `spec.n_outputs` output units.
        """

    def weight_shapes(self, spec):
        """Return what `build` would make, by name and shape, without Keras.

        A file that says how large a network is can thus be checked before anything is built.

        Parameters
        ----------
        spec : NetworkSpec
            What is known about the data.

        Returns
        -------
        list of (str, tuple of int)
            Path and shape of each weight, in the order of ``keras.Model.weights``.

        Raises
        ------
        NotImplementedError
            If the network does not define it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say what its weights look like: define "
            "weight_shapes(spec) to save it by persistence."
        )

    def forward(self, layers, x):
        """Compute what the model of `build` does in prediction, in NumPy.

        With it a fitted classifier predicts without Keras, see :mod:`sklearn_textnn.serving`.

        Parameters
        ----------
        layers : NumpyLayers
            The layers with their trained weights.
        x : ndarray of int of shape (n_texts, length)
            Token ids. Where `ignores_padding`, of texts of one length, without padding at either
            end; a text without tokens is a single 0. Else `length` is ``maxlen``. Or float
            features, (n_texts, n_features), dense or CSR.

        Returns
        -------
        ndarray of shape (n_texts, n_outputs)
            What the model would give.

        Raises
        ------
        NotImplementedError
            If the network does not define it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say how it computes without Keras: define "
            "forward(layers, x) beside its build."
        )

    @classmethod
    def examples(cls):
        """Return instances to test the class with, so small that they train in a moment.

        Returns
        -------
        list of Network
            At least one. They need no pretrained vectors.
        """
        return [cls()]

    def _one_or_more(self, name, constraint):
        """Return the values of a parameter that is one value or a tuple of them, checked."""
        value = getattr(self, name)
        values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        if not values or not all(map(constraint.is_satisfied_by, values)):
            raise InvalidParameterError(
                f"The {name!r} parameter of {type(self).__name__} must be {constraint}, or a "
                f"tuple of such. Got {value!r} instead."
            )
        return values


def is_ours(network):
    """Return whether a network is one of this package, whose shape the vocabulary cannot change."""
    return type(network).__module__.startswith("sklearn_textnn.networks.")
