"""Find the head that matches the labels."""

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ._binary import BinaryHead
from ._labels import check_indicator, check_labels
from ._multiclass import MulticlassHead
from ._multilabel import MultilabelHead


def find_head(y, classes=None):
    """Find the head that matches the labels.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Labels of the training data.
    classes : ndarray, default=None
        All labels, from `find_classes`, if y need not hold every one.

    Returns
    -------
    head : Head
    y : ndarray
        `y` as a 1-D or, for several labels, as a 2-D array.

    Raises
    ------
    ValueError
        If y is continuous, unknown, or holds fewer than two classes.
    """
    y = check_labels(y, "y")
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y has several columns of more than two values (multiclass-multioutput); "
            "KerasTextClassifier takes one column of classes or a 0/1 indicator matrix. Train one "
            "classifier per column, for example with sklearn.multioutput.MultiOutputClassifier."
        )
    if kind == "multilabel-indicator":
        y = check_indicator(y, "y")
        if classes is not None and len(classes) != y.shape[1]:
            raise ValueError(
                f"y is an indicator matrix with {y.shape[1]} columns, but classes names "
                f"{len(classes)} labels; expected one per column."
            )
        return MultilabelHead(np.arange(y.shape[1])), y
    y = column_or_1d(y, warn=True)
    classes = np.unique(y) if classes is None else classes
    if len(classes) < 2:
        raise ValueError(
            f"Classifier can't train when only one class is present: y holds only "
            f"{classes.tolist()}, expected at least 2 classes."
        )
    return (BinaryHead if len(classes) == 2 else MulticlassHead)(classes), y


def find_classes(classes):
    """Return the unique labels of a user, sorted."""
    labels = np.asarray(check_labels(classes, "classes"))
    if labels.ndim != 1:
        raise ValueError(
            f"classes has shape {labels.shape}, expected (n_classes,): every label there will be."
        )
    return np.unique(labels)
