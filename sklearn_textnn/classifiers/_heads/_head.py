"""The base class of heads."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import train_test_split

from ..._arrays import read_only
from ..._labels import label_positions
from ..._saved_state import Constraint, array
from ._metrics import check_metric

# Losses of Keras that take class numbers, and all that take the outputs of a softmax.
OF_NUMBERS = "SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"
_OF_CLASSES = "CategoricalCrossentropy", "CategoricalFocalCrossentropy", *OF_NUMBERS
_LABELS = array("label", None)
_EVEN = 0.01  # probability spread evenly over the classes, some of which may be missing at first


@dataclass(frozen=True, eq=False)
class Head(ABC):
    """A kind of target: its output layer, loss, metrics, and the encoding of its labels.

    There is a subclass, in its own file, for each kind.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels; for multilabel targets the column numbers.
    """

    classes: np.ndarray = field(repr=False)

    _saved_state = {
        "classes": Constraint(
            "an array of two labels or more",
            lambda value, state: _LABELS.test(value, state) and len(value) > 1,
        )
    }

    _chance = 0.5  # prior probability of an output
    noun = "classes"  # what an output stands for, in messages
    activation = "sigmoid"
    default_loss = "binary_crossentropy"  # Keras' name of the cross-entropy for the activation

    def __post_init__(self):
        object.__setattr__(self, "classes", read_only(self.classes))

    def __setstate__(self, attributes):
        vars(self).update(attributes)
        self.__post_init__()

    def __str__(self):
        return f"{self.noun} {self.classes.tolist()}"

    def equals(self, other):
        """Return whether `other` has the same classes or labels."""
        return self.noun == other.noun and np.array_equal(self.classes, other.classes)

    @property
    def n_outputs(self):
        """The number of units of the output layer."""
        return len(self.classes)

    def with_outputs(self, units, activation=None, y=None):
        """Return the head that matches a built model, or raise a ValueError.

        Parameters
        ----------
        units : int
            The number of units of its output layer.
        activation : str or None, default=None
            The name of its last activation.
        y : ndarray, default=None
            Labels, if the output of the model determines what they mean.

        Returns
        -------
        Head
        """
        if units != self.n_outputs:
            raise ValueError(
                f"The model has {units} output units, expected {self._expected_outputs()} for "
                f"{len(self.classes)} {self.noun}."
            )
        return self

    def _refuse_other_losses(self, loss):
        """Refuse losses of Keras for sequences or embeddings."""
        import keras

        if isinstance(loss, (keras.losses.CTC, keras.losses.Circle)):
            raise ValueError(
                f"The loss {type(loss).__name__} compares no probabilities of classes. Leave "
                f"loss=None for {self.default_loss!r}."
            )

    def _expected_outputs(self):
        return self.n_outputs

    def positions(self, y, name="y"):
        """Validate labels and return their indices in `classes`, or an indicator matrix."""
        return label_positions(y, self.classes, name)

    @abstractmethod
    def encode(self, positions, dtype):
        """Return the targets of loss and metrics for `positions`."""

    def output_bias(self, positions, weight=None):
        """Return the bias with which an output layer of zero weights predicts the class shares.

        Parameters
        ----------
        positions : ndarray
            From `positions`.
        weight : ndarray of shape (n_samples,) or (n_samples, n_labels), default=None
            Weights of samples, or of samples and labels.

        Returns
        -------
        ndarray of shape (n_outputs,)
            The log-odds; for a softmax the logarithms, shifted to mean 0.
        """
        shares = self._shares(positions, weight)
        return self._log_odds(_EVEN * self._chance + (1 - _EVEN) * shares)

    def _shares(self, positions, weight):
        """Return the weighted share of samples with target 1, for each output."""
        targets = positions.reshape(len(positions), -1)
        if weight is None:
            weight = np.ones(len(targets))
        weight = weight.reshape(len(targets), -1) / weight.max()  # else the sum may overflow
        weight = np.broadcast_to(weight, targets.shape)
        return (targets * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), _EVEN)

    def _log_odds(self, shares):
        return np.log(shares) - np.log1p(-shares)

    def loss(self, loss, weight=None):
        """Return a loss that takes the targets of `encode`, or raise a ValueError.

        Parameters
        ----------
        loss : keras.losses.Loss
            The loss of the user.
        weight : ndarray of shape (n_samples,) or (n_samples, n_labels), default=None
            Weights that are passed to it.

        Returns
        -------
        keras.losses.Loss
        """
        self._refuse_other_losses(loss)
        if is_one_of(loss, _OF_CLASSES):  # of a single output it is always 0
            raise ValueError(
                f"The loss {type(loss).__name__} compares the outputs of a softmax, one for each "
                "class, but each output of this network is a probability of its own. Leave "
                "loss=None, or use 'binary_crossentropy'."
            )
        return loss

    def accuracy(self, loss):
        """Return the metric that is recorded as ``accuracy``."""
        import keras

        return self._wrapped(keras.metrics.BinaryAccuracy(name="accuracy"), loss)

    def metric(self, metric, loss):
        """Return a metric that takes the targets of `encode`, or raise a ValueError."""
        check_metric(metric, one_class=False)
        return self._wrapped(metric, loss)

    def _wrapped(self, metric, loss):
        """Return a metric that takes the same weights as the loss."""
        return metric

    def probabilities(self, outputs):
        """Validate outputs and return probabilities, (n_samples, n_classes)."""
        if np.isnan(outputs).any():
            raise ValueError(
                "The model's outputs hold NaN: X or the trained weights are too large. Scale the "
                "features, or train with a lower optimizer__learning_rate."
            )
        if outputs.size and not (outputs.min() >= 0 and outputs.max() <= 1):
            raise ValueError(
                f"The model's outputs lie between {outputs.min()} and {outputs.max()}, expected "
                "probabilities: end the model with a sigmoid or softmax."
            )
        return self._probabilities(outputs)

    @abstractmethod
    def _probabilities(self, outputs):
        """Return the probabilities of valid outputs."""

    def decisions(self, probabilities):
        """Return the log-odds of probabilities, one column per class or label."""
        limits = np.finfo(probabilities.dtype)
        certain = np.clip(probabilities, limits.tiny, 1 - limits.epsneg)  # finite at 0 and 1
        odds = np.log(certain) - np.log1p(-certain)
        return self._decisions(odds)

    def _decisions(self, odds):
        return odds[:, 1] if len(self.classes) == 2 else odds

    def labels(self, probabilities):
        """Return the most probable class."""
        return self.labels_at(np.argmax(probabilities, axis=1))

    def labels_at(self, positions):
        """Return the labels at `positions`."""
        return self.classes[positions]

    def split(self, y, fraction, seed):
        """Split rows into training and validation data, stratified by class.

        Parameters
        ----------
        y : ndarray
            Labels.
        fraction : float
            The share of validation data.
        seed : int
            Seed of the split.

        Returns
        -------
        list of ndarray of int
            The rows of training and of validation data.

        Raises
        ------
        ValueError
            If a class has too few rows.
        """
        stratify = self._strata(y)
        return train_test_split(
            np.arange(len(y)), test_size=fraction, stratify=stratify, random_state=seed
        )

    def _strata(self, y):
        return y


def is_one_of(loss, names):
    """Return whether a loss is of one of these classes of Keras; 3.8 lacks some of them."""
    import keras

    return isinstance(loss, tuple(filter(None, (getattr(keras.losses, n, None) for n in names))))
