"""Validation of token ids: ragged or padded, with or without words, to flat ids."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from itertools import chain
from numbers import Real

import numpy as np
from sklearn.utils import check_array

from .._validation import as_list, column_names, short_repr
from ._containers import TokenIds
from ._flat_ids import FlatIds, offsets_of

_MIN, _MAX = np.iinfo(np.int32).min, np.iinfo(np.int32).max
_NO_NUMBERS = (str, bytes, date, timedelta, np.datetime64, np.timedelta64)
_HINT = "put KerasTokenizerTransformer before, or pass its output"


def check_ids(X, *, estimator=None):
    """Validate token ids in any form and convert them to flat ids.

    Parameters
    ----------
    X : TokenIds, sequence of sequences of int, or array-like of shape (n_samples, maxlen)
        A list, a tuple, a column of any library or an object array holds ragged rows, used as they
        are. Arrays and frames are padded: trailing zeros are ignored, leading and inner ones are
        content.
    estimator : estimator, default=None
        Named in scikit-learn's messages.

    Returns
    -------
    FlatIds
        int32 ids; negative ones are accepted.

    Raises
    ------
    ValueError
        If `X` holds texts, times or anything else but whole numbers within int32; the message
        names row and column.
    """
    if isinstance(X, TokenIds):
        return X.flat if X.flat.is_ragged else _without_trailing_zeros(X.flat)
    if _is_ragged(X):
        return _from_rows(X)
    _refuse_texts_and_times(X)
    matrix = check_array(X, ensure_all_finite=False, estimator=estimator, input_name="X")
    return FlatIds.of_matrix(_as_int32(matrix, _cell))


def _is_ragged(X):
    """Return whether `X` is ragged."""
    if hasattr(X, "ndim"):  # an object array or a Series; a memoryview has no dtype
        return X.ndim == 1 and _kind(getattr(X, "dtype", None)) == "O"
    # A list, or a column of a library other than pandas.
    is_sequence = hasattr(type(X), "__getitem__") and not isinstance(X, Mapping)
    return is_sequence and column_names(X) is None


def _without_trailing_zeros(flat):
    """Drop trailing zeros of padded ids, unless `padding="pre"`."""
    lengths = np.maximum(flat.content_lengths() - flat.leads(), 0)
    if np.array_equal(lengths, np.diff(flat.offsets)):
        return flat
    if flat.padding == "pre":  # leading zeros are content, and would move to the right
        return FlatIds.of_matrix(flat.lay_out())
    return flat.with_parts(flat.offsets[:-1], lengths)


def _from_rows(rows):
    rows = as_list(rows)
    kinds = set(map(type, rows))
    if not all(map(_can_be_row, kinds)) or any(getattr(row, "ndim", 1) == 0 for row in rows):
        raise ValueError(_no_row(rows))
    offsets = offsets_of(np.fromiter(map(len, rows), dtype=np.int64, count=len(rows)))

    def where(position):
        row = np.searchsorted(offsets, position[0], side="right") - 1
        return f"row {row}, column {position[0] - offsets[row]}"

    return FlatIds(_as_int32(_joined(rows, kinds, where), where), offsets)


def _can_be_row(kind):
    """Return whether a type can be a row of ids: not str, dict, set or frame."""
    return issubclass(kind, (list, tuple, range)) or (
        hasattr(kind, "__array__")
        and not hasattr(kind, "columns")  # which iterating over a frame yields
        and not issubclass(kind, np.generic)
    )


def _no_row(rows):
    """Return the error message for the first invalid row."""
    for i, row in enumerate(rows):
        kind = type(row).__name__
        if isinstance(row, (str, bytes)):
            return f"token ids expected, got texts: row {i} is of type {kind}; {_HINT}."
        if not _can_be_row(type(row)) or getattr(row, "ndim", 1) == 0:
            break
    return (
        f"row {i} is of type {kind}, expected a sequence of token ids; "
        "pass one sequence per document: [[1, 2], [3]]."
    )


def _joined(rows, kinds, where):
    """Return all ids in one numeric array of shape (n_ids,)."""
    is_flat = kinds == {np.ndarray} and all(row.ndim == 1 for row in rows)
    values = np.concatenate(rows) if is_flat else list(chain.from_iterable(rows))
    with suppress(ValueError):  # sequences of unequal lengths among the ids
        ids = np.asarray(values)
        if ids.ndim == 1 and ids.dtype.kind in "iufb":
            return ids
    for i, value in enumerate(values):
        if not _is_number(value):
            raise ValueError(_no_number(value, where((i,))))
    return np.array([float(value) for value in values])  # integers beyond 64 bits


def _refuse_texts_and_times(X):
    """Raise an error for the first str or time, since check_array would convert "7"."""
    dtypes = X.dtypes if hasattr(X, "iloc") and X.ndim == 2 else [getattr(X, "dtype", None)]
    if set(map(_kind, dtypes)) <= set("biufc"):
        return
    values = np.asarray(X)
    if values.dtype.kind not in "Mm":  # NumPy would convert some times to integers
        values = values.astype(object)
    for position, value in np.ndenumerate(values):
        if isinstance(value, _NO_NUMBERS):
            raise ValueError(_no_number(value, _cell(position)))


def _kind(dtype):
    return getattr(dtype, "kind", None)


def _is_number(value):
    """Return whether a value is a real number; NumPy's timedelta64, an integer type, is not."""
    return isinstance(value, Real) and not isinstance(value, np.timedelta64)


def _cell(position):
    return ", ".join(f"{axis} {i}" for axis, i in zip(("row", "column"), position, strict=False))


def _no_number(value, where):
    if isinstance(value, (str, bytes)):
        return f"token ids expected, got texts: {short_repr(value)} at {where}; {_HINT}."
    return f"X holds {short_repr(value)} at {where}, expected a whole number; {_HINT}."


def _as_int32(ids, where):
    """Convert ids losslessly; `where` describes a position for the message."""
    if ids.dtype == np.int32:
        return ids
    if ids.dtype.kind == "f":  # of 32 bits or less cannot be compared with the largest id
        ids = ids.astype(np.result_type(ids, np.float64), copy=False)
    bad = ~np.isfinite(ids) if ids.dtype.kind == "f" else np.zeros(ids.shape, dtype=bool)
    expected = "a finite whole number"
    if not bad.any():
        bad = (ids < _MIN) | (ids > _MAX)
        expected = f"at most {_MAX}, the largest id of 32 bits"
    if not bad.any() and ids.dtype.kind == "f":
        bad = ids != np.trunc(ids)
        expected = "a whole number"
    if bad.any():
        position = tuple(np.argwhere(bad)[0].tolist())
        raise ValueError(
            f"X holds {short_repr(ids[position])} at {where(position)}, expected {expected}; "
            f"{_HINT}."
        )
    return ids.astype(np.int32)
