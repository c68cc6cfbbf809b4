"""Validation of labels that several subpackages share."""

from collections.abc import Mapping, Set
from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array

from ._compat import num_samples
from ._validation import is_missing


def check_targets(X, y, owner, classes=None, name="X"):
    """Return the labels of the training data as an array, their kind and the classes.

    Parameters
    ----------
    X : container of length n_samples
        What the labels belong to.
    y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_labels)
        Labels.
    owner : str
        The name of the classifier, for messages.
    classes : ndarray, default=None
        All labels there will be; None if y has each of them.
    name : str, default="X"
        The name of `X` in messages.

    Returns
    -------
    y : ndarray or sparse matrix
        `y`; a sparse matrix is returned as it is.
    kind : {"binary", "multiclass", "multilabel-indicator"}
        What scikit-learn's ``type_of_target`` returns.
    classes : ndarray or None
        `classes`, or the sorted labels of `y`; None if those are columns of an indicator.

    Raises
    ------
    ValueError
        If y is None, lengths differ, a label is missing, labels are of several types, there are
        fewer than two classes, or y is no target of a classifier.
    """
    require_labels(y, owner)
    check_lengths(X, {"y": y}, name)
    y = check_labels(y, "y")
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y has several columns of more than two values (multiclass-multioutput); "
            f"{owner} takes one column of classes or a 0/1 indicator matrix. Train one "
            "classifier per column, for example with sklearn.multioutput.MultiOutputClassifier."
        )
    if kind == "multilabel-indicator":
        return y, kind, classes
    if classes is None:
        classes = np.unique(y)
        check_two_classes(classes)
    else:
        check_two_classes(classes, "classes")
    return y, kind, classes


def require_labels(y, owner):
    """Raise an error if there are no labels, or none in the order of the samples."""
    if isinstance(y, (str, bytes, Mapping, Set)) and not sparse.issparse(y):  # one kind is a dict
        raise TypeError(
            f"y is a {type(y).__name__}, expected labels in the order of the samples: a list, an "
            "array or a column."
        )
    if y is None:
        raise ValueError(
            f"{owner} requires y to be passed, but the target y is None; pass a label for each "
            "sample."
        )


def check_two_classes(classes, name="y"):
    """Raise an error if there are fewer than two classes."""
    if len(classes) < 2:
        raise ValueError(
            f"Classifier can't train when only one class is present: {name} holds only "
            f"{np.asarray(classes).tolist()}, expected at least 2 classes; add samples of another "
            "class, or use folds that are stratified or shuffled."
        )


def check_lengths(X, columns, name="X"):
    """Raise an error unless each of some named columns has a value for each sample, or is None."""
    n_samples = num_samples(X)
    for other, values in columns.items():
        if values is None:
            continue
        if not any(hasattr(values, one) for one in ("__len__", "shape", "__array__")):
            raise TypeError(
                f"{other} is of type {type(values).__name__}, expected a value for each of "
                f"{n_samples} samples: a list, an array or a column."
            )
        if num_samples(values) != n_samples:
            raise ValueError(
                f"{name} has {n_samples} samples, but {other} has {num_samples(values)}; expected "
                "one for each sample. Select the same rows of both."
            )


def check_class_weight(class_weight, classes):
    """Raise an error if the weights of one column of classes are keyed by something else."""
    if isinstance(class_weight, list):
        raise ValueError(
            "class_weight is a list of dicts, as for several labels, but y holds one class for "
            "each sample. Pass one dict."
        )
    if not isinstance(class_weight, dict):
        return
    classes = np.asarray(classes).tolist()
    missing = [label for label in classes if label not in class_weight]
    unknown = [key for key in class_weight if key not in classes]
    if missing and unknown:  # as in scikit-learn, weights of some classes, or for more, are fine
        raise ValueError(
            f"The classes, {missing}, are not in class_weight, whose keys are "
            f"{list(class_weight)}; expected labels of y as keys, of the same type."
        )


def label_positions(y, classes, name):
    """Return the index of each label in `classes`, (n_samples,)."""
    y = column_or_1d(check_labels(y, name))
    try:
        unseen = np.setdiff1d(y, classes)
    except TypeError:  # NumPy does not compare them
        unseen = np.array(sorted(set(y.tolist()) - set(classes.tolist()), key=repr))
    if len(unseen):
        raise ValueError(
            f"{name} contains classes that are not in classes_: {unseen.tolist()} "
            f"(first in row {int(np.flatnonzero(np.isin(y, unseen))[0])}), expected only "
            f"{classes.tolist()}."
        )
    return np.searchsorted(classes, y)


def check_labels(y, name):
    """Return labels as an array, sparse ones as they are; refuse missing or mixed ones."""
    if sparse.issparse(y):
        return y
    _refuse_lists_of_labels(y, name)
    _check_one_type(y, name)
    _refuse_nan(y, name)
    y = check_array(y, ensure_2d=False, dtype=None, input_name=name)
    return np.array(y.tolist()) if _holds_numbers(y) else y


def _holds_numbers(y):
    """Return whether an array of objects holds only numbers, as from a frame of mixed columns."""
    return y.dtype == object and all(isinstance(value, (Real, np.bool_)) for value in y.ravel())


def _refuse_lists_of_labels(y, name):
    """Refuse a list of labels for each sample, such as [["food", "staff"], ["food"]]."""
    is_object = getattr(getattr(y, "dtype", None), "kind", "") == "O"
    rows = y.tolist() if is_object and y.ndim == 1 else y
    if isinstance(rows, (list, tuple)):  # rows of an array, as of a split column
        rows = [row.tolist() if isinstance(row, np.ndarray) else row for row in rows]
    if not isinstance(rows, (list, tuple)):
        return
    lists = {
        i: row
        for i, row in enumerate(rows)
        if isinstance(row, (list, tuple, set, frozenset)) and len(row) != 1
    }
    is_matrix = len(lists) == len(rows) and len(set(map(len, lists.values()))) == 1
    if not lists or (
        is_matrix and not any(isinstance(x, str) for row in lists.values() for x in row)
    ):
        return
    row, labels = next(iter(lists.items()))
    raise ValueError(
        f"{name} holds {labels!r} in row {row}, a list of labels, expected one label for each "
        "sample or an indicator matrix: "
        f"sklearn.preprocessing.MultiLabelBinarizer().fit_transform({name}) makes one."
    )


def _check_one_type(y, name):
    """Refuse missing labels, and strings among others, which NumPy cannot sort."""
    if not isinstance(y, (list, tuple)):
        y = np.asarray(y)
        if y.dtype.kind not in "OmM" or y.size != max(y.shape, default=0):
            return
        y = y.ravel()
    labels = np.empty(len(y), dtype=object)
    for i, value in enumerate(y):
        labels[i] = _alone(value)
    y = labels.tolist()
    missing = [type(value) not in (bool, int, str) and is_missing(value) for value in y]
    if any(missing):
        row = missing.index(True)
        raise ValueError(_missing_labels(name, row, sum(missing), len(y), type(y[row])))
    kinds = [isinstance(value, str) for value in y]
    if len(set(kinds)) < 2:
        return
    rows = [kinds.index(kind) for kind in set(kinds)]
    found = [f"{y[row]!r} of type {type(y[row]).__name__} in row {row}" for row in sorted(rows)]
    raise ValueError(
        f"Unknown label type: unknown. {name} holds {' and '.join(found)}, expected labels of one "
        "type: convert them, for example with str."
    )


def _missing_labels(name, row, n_missing, n_samples, kind=float):
    """Return an error message, which begins as scikit-learn's; that names no row."""
    beginning = f"Input {name} contains NaN" if issubclass(kind, Real) else "Unknown label type"
    return (
        f"{beginning}: the label in row {row} of {name} is missing ({kind.__name__}), expected one "
        f"for each sample; missing are {n_missing} of {n_samples}. Drop samples without a label."
    )


def _refuse_nan(y, name):
    """Refuse NaN among numbers."""
    y = np.asarray(y)
    if y.dtype.kind != "f" or not y.size or not y.ndim:
        return
    missing = np.isnan(y).reshape(len(y), -1).any(axis=1)
    if missing.any():
        raise ValueError(_missing_labels(name, int(missing.argmax()), missing.sum(), len(y)))


def _alone(value):
    """Return the label in a row of length 1; anything else as it is."""
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.ravel()[0]
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value


def check_indicator(y, name, n_labels=None):
    """Return an indicator matrix as an array of 0 and 1 with a column per label."""
    y = y.toarray() if sparse.issparse(y) else np.asarray(y)
    wrong = ~np.isin(y, (0, 1))
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} holds {y[place]!r} in row {place[0]}, expected an indicator matrix: 0 or 1 "
            "for each label, one column per label."
        )
    if n_labels is not None and (y.ndim != 2 or y.shape[1] != n_labels):
        raise ValueError(
            f"{name} has shape {y.shape}, expected an indicator matrix with {n_labels} columns, as "
            "in fit."
        )
    return y
