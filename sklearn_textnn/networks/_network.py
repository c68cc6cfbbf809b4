"""Base class of networks."""

from abc import ABC, abstractmethod
from numbers import Real

from sklearn.base import BaseEstimator

from .._compat import Interval, InvalidParameterError

SHARE = Interval(Real, 0, 1, closed="left")  # of what is dropped while training


class Network(BaseEstimator, ABC):
    """Base class of architectures, whose parameters define a Keras model.

    Subclass it to add one. ``__init__`` only stores its arguments; `build` returns a new, untrained
    and uncompiled model for them and a :class:`NetworkSpec`. Training parameters (optimizer,
    epochs, ...) belong to :class:`~sklearn_textnn.classifiers.KerasTextClassifier`.

    Attributes
    ----------
    reads : {"ids", "features"}
        Class attribute: whether the model's input is a matrix of token ids, shape (n_samples,
        maxlen), or of float features, shape (n_samples, n_features).
    ignores_padding : bool
        Class attribute: whether zeros before and after the tokens of a document have no effect, so
        that they may be cut off.
    sees_order : bool
        Class attribute: whether the order of the tokens or features matters.

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
        """Return a new model.

        Parameters
        ----------
        spec : NetworkSpec
            What is known about the data.

        Returns
        -------
        keras.Model
            Untrained and uncompiled, with `spec.n_outputs` output units; all random weights are
            drawn with seeds from ``spec.seed_for(...)``.
        """

    def weight_shapes(self, spec):
        """Return the weights of `build` by name and shape, without Keras.

        This allows checking the sizes stated in a file before anything is built.

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
            f"{type(self).__name__} has no weight_shapes(spec), which persistence needs: define it "
            "beside build."
        )

    def forward(self, layers, x):
        """Compute the prediction of the model of `build` in NumPy.

        It lets a fitted classifier predict without Keras, see :mod:`sklearn_textnn.serving`.

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
            The output of the model.

        Raises
        ------
        NotImplementedError
            If the network does not define it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no forward(layers, x), which prediction without Keras "
            "needs: define it beside build."
        )

    @classmethod
    def examples(cls):
        """Return instances for tests, small enough to train in a moment.

        Returns
        -------
        list of Network
            At least one. They need no pretrained vectors.
        """
        return [cls()]

    def _one_or_more(self, name, constraint):
        """Validate a parameter that is one value or a tuple, and return it as a tuple."""
        value = getattr(self, name)
        values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        if not values or not all(map(constraint.is_satisfied_by, values)):
            raise InvalidParameterError(
                f"The {name!r} parameter of {type(self).__name__} must be {constraint}, or a "
                f"tuple of such. Got {value!r} instead."
            )
        return values


def is_ours(network):
    """Return whether a network is one of this package, whose layers do not depend on words."""
    return type(network).__module__.startswith("sklearn_textnn.networks.")
