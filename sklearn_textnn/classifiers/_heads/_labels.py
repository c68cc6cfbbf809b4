"""Validation of labels."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_array

from ..._validation import is_missing


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
    kinds = [  # scikit-learn reports NaN among numbers
        "missing" if lacks and not isinstance(value, Real) else isinstance(value, str)
        for value, lacks in zip(y, missing, strict=True)
    ]
    if len(set(kinds)) < 2 and "missing" not in kinds:
        return
    rows = [kinds.index(kind) for kind in set(kinds)]
    found = [f"{y[row]!r} of type {type(y[row]).__name__} in row {row}" for row in sorted(rows)]
    raise ValueError(
        f"Unknown label type: unknown. {name} holds {' and '.join(found)}, expected labels of one "
        "type: drop the samples without a label, and convert the others, for example with str."
    )


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
