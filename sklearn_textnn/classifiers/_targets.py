"""Labels to the numbers a network is trained on, and probabilities back to labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array


@dataclass(frozen=True)
class Targets:
    """What a network has to tell apart.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels; for a multilabel indicator the column numbers.
    is_multilabel : bool
        Whether y is an indicator matrix, (n_samples, n_labels).
    """

    classes: np.ndarray
    is_multilabel: bool

    def __str__(self):
        kind = "labels" if self.is_multilabel else "classes"
        return f"{kind} {self.classes.tolist()}"

    def equal(self, other):
        """Whether `other` tells the same things apart."""
        return self.is_multilabel == other.is_multilabel and np.array_equal(
            self.classes, other.classes
        )

    @property
    def n_outputs(self):
        """Output units a network should have."""
        if self.is_multilabel:
            return len(self.classes)
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def activation(self):
        """Activation of the output layer."""
        return "sigmoid" if self.is_multilabel or len(self.classes) == 2 else "softmax"

    @property
    def default_loss(self):
        """Keras' name of the cross-entropy for `activation`."""
        if self.activation == "sigmoid":
            return "binary_crossentropy"
        return "sparse_categorical_crossentropy"

    def positions(self, y, name="y"):
        """Return each label's place in `classes`, (n_samples,); multilabel rows unchanged."""
        if self.is_multilabel:
            y = _indicator(y, name)
            if y.ndim != 2 or y.shape[1] != len(self.classes):
                raise ValueError(
                    f"{name} has shape {y.shape}, expected an indicator matrix with "
                    f"{len(self.classes)} columns, as in fit."
                )
            return y
        y = column_or_1d(_read_labels(y, name))
        try:
            unseen = np.setdiff1d(y, self.classes)
        except TypeError:  # NumPy does not compare them
            unseen = np.array(sorted(set(y.tolist()) - set(self.classes.tolist()), key=repr))
        if len(unseen):
            raise ValueError(
                f"{name} contains classes that are not in classes_: {unseen.tolist()} "
                f"(first in row {int(np.flatnonzero(np.isin(y, unseen))[0])}), expected only "
                f"{self.classes.tolist()}."
            )
        return np.searchsorted(self.classes, y)

    def encode(self, positions, units, *, one_hot, dtype):
        """Turn positions into what the loss compares with the output layer.

        Parameters
        ----------
        positions : ndarray
            From `positions`.
        units : int
            Width of the output layer.
        one_hot : bool
            For a softmax: whether the loss wants one column per class instead of class numbers.
        dtype : str
            Float type of the network.

        Returns
        -------
        ndarray
            (n_samples, units) floats, or (n_samples,) int32 class numbers.
        """
        if self.is_multilabel:
            return positions.astype(dtype)
        if units == 1:
            return positions.astype(dtype)[:, None]
        if one_hot:
            return np.eye(units, dtype=dtype)[positions]
        return positions.astype(np.int32)

    def check_units(self, units):
        """Refuse a model whose output layer does not fit the labels."""
        expected = {self.n_outputs} if self.is_multilabel else {self.n_outputs, len(self.classes)}
        if units not in expected:
            raise ValueError(
                f"The model has {units} output units, expected "
                f"{' or '.join(map(str, sorted(expected)))} for {len(self.classes)} "
                f"{'labels' if self.is_multilabel else 'classes'}."
            )

    def probabilities(self, outputs):
        """Turn outputs into probabilities, (n_samples, n_classes); rows sum to 1."""
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
        if self.is_multilabel:
            return outputs
        if outputs.shape[1] == 1:
            return np.hstack([1 - outputs, outputs])
        return outputs / outputs.sum(axis=1, keepdims=True)

    def decisions(self, probabilities):
        """Turn probabilities into log-odds: of the second class, or of every class or label."""
        limits = np.finfo(probabilities.dtype)
        certain = np.clip(probabilities, limits.tiny, 1 - limits.epsneg)  # finite at 0 and 1
        odds = np.log(certain) - np.log1p(-certain)
        return odds[:, 1] if not self.is_multilabel and len(self.classes) == 2 else odds

    def labels(self, probabilities):
        """Turn probabilities into labels: the likeliest class, or every label of at least 0.5."""
        if self.is_multilabel:
            return (probabilities >= 0.5).astype(int)
        return self.classes[np.argmax(probabilities, axis=1)]


def find_targets(y, classes=None):
    """Learn what there is to tell apart.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Labels of the training data.
    classes : ndarray, default=None
        From `find_classes`: all labels there will be, where y need not hold every one.

    Returns
    -------
    targets : Targets
    y : ndarray
        `y` as a 1-D or, for several labels, as a 2-D array.

    Raises
    ------
    ValueError
        If y is continuous, unknown, or holds fewer than two classes.
    """
    y = _read_labels(y, "y")
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y has several columns of more than two values (multiclass-multioutput); "
            "KerasTextClassifier takes one column of classes or a 0/1 indicator matrix. Train one "
            "classifier per column, for example with sklearn.multioutput.MultiOutputClassifier."
        )
    if kind == "multilabel-indicator":
        y = _indicator(y, "y")
        if classes is not None and len(classes) != y.shape[1]:
            raise ValueError(
                f"y is an indicator matrix with {y.shape[1]} columns, but classes names "
                f"{len(classes)} labels; expected one per column."
            )
        return Targets(np.arange(y.shape[1]), is_multilabel=True), y
    y = column_or_1d(y, warn=True)
    classes = np.unique(y) if classes is None else classes
    if len(classes) < 2:
        raise ValueError(
            f"Classifier can't train when only one class is present: y holds only "
            f"{classes.tolist()}, expected at least 2 classes."
        )
    return Targets(classes, is_multilabel=False), y


def find_classes(classes):
    """Return the labels that a user names, sorted, each once."""
    labels = np.asarray(_read_labels(classes, "classes"))
    if labels.ndim != 1:
        raise ValueError(
            f"classes has shape {labels.shape}, expected (n_classes,): every label there will be."
        )
    return np.unique(labels)


def _read_labels(y, name):
    """Return labels as an array, missing ones and several types refused; sparse ones as given."""
    if sparse.issparse(y):
        return y
    _check_one_type(y, name)
    return check_array(y, ensure_2d=False, dtype=None, input_name=name)


def _check_one_type(y, name):
    """Refuse missing labels, and texts beside others: numpy sorts neither, or makes all texts."""
    if not isinstance(y, (list, tuple)):
        y = np.asarray(y)
        if y.dtype.kind not in "OmM" or y.size != max(y.shape, default=0):
            return
        y = y.ravel()
    y = [_alone(value) for value in y]
    kinds = ["missing" if _is_missing(value) else isinstance(value, str) for value in y]
    if len(set(kinds)) < 2 and "missing" not in kinds:
        return
    rows = [kinds.index(kind) for kind in set(kinds)]
    found = [f"{y[row]!r} of type {type(y[row]).__name__} in row {row}" for row in sorted(rows)]
    raise ValueError(
        f"Unknown label type: unknown. {name} holds {' and '.join(found)}, expected labels of one "
        "type: drop the samples without a label, and convert the others, for example with str."
    )


def _alone(value):
    """Return the label in a row of one, (1,) or 0-dimensional; anything else as it is."""
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.ravel()[0]
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value


def _is_missing(value):
    """Whether a label is missing; of NaN among numbers scikit-learn tells."""
    return value is None or value is pd.NA or value is pd.NaT or _is_no_time(value)


def _is_no_time(value):
    return isinstance(value, (np.datetime64, np.timedelta64)) and np.isnat(value)


def _indicator(y, name):
    """Return an indicator matrix as an array; it holds nothing but 0 and 1."""
    y = y.toarray() if sparse.issparse(y) else np.asarray(y)
    wrong = ~np.isin(y, (0, 1))
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} holds {y[place]!r} in row {place[0]}, expected an indicator matrix: 0 or 1 "
            "for each label, one column per label."
        )
    return y
