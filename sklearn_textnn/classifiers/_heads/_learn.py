"""Find the head that matches the labels."""

import numpy as np
from sklearn.utils import column_or_1d

from ..._labels import check_indicator, check_labels, check_targets
from ._binary import BinaryHead
from ._multiclass import MulticlassHead
from ._multilabel import MultilabelHead


def find_head(X, y, classes=None):
    """Find the head that matches the labels.

    Parameters
    ----------
    X : container of length n_samples
        What the labels belong to.
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
        If y is continuous, unknown, of another length than X, or holds fewer than two classes.
    """
    y, kind, classes = check_targets(X, y, "KerasTextClassifier", classes)
    if kind == "multilabel-indicator":
        y = check_indicator(y, "y")
        if classes is not None and len(classes) != y.shape[1]:
            raise ValueError(
                f"y is an indicator matrix with {y.shape[1]} columns, but classes names "
                f"{len(classes)} labels; expected one per column."
            )
        return MultilabelHead(np.arange(y.shape[1])), y
    y = column_or_1d(y, warn=True)
    return (BinaryHead if len(classes) == 2 else MulticlassHead)(classes), y


def find_classes(classes):
    """Return the unique labels of a user, sorted."""
    labels = np.asarray(check_labels(classes, "classes"))
    if labels.ndim != 1:
        raise ValueError(
            f"classes has shape {labels.shape}, expected (n_classes,): every label there will be."
        )
    return np.unique(labels)
