"""Input checks that several subpackages share."""

import reprlib
import sys
from numbers import Number, Real

import numpy as np


def expect(condition, fault, error=ValueError):
    """Raise an error unless `condition` holds; also under ``python -O``."""
    if not condition:
        raise error(fault)


def is_missing(value):
    """Return whether a value is None, NaN, NaT or pandas' NA."""
    pandas = sys.modules.get("pandas")  # pandas values exist only if it is imported
    if pandas is not None:
        return pandas.api.types.is_scalar(value) and bool(pandas.isna(value))
    return value is None or (isinstance(value, (Number, np.generic)) and bool(value != value))


def short_repr(value):
    """Return a short repr of a value for an error message."""
    if isinstance(value, Real):
        return "NaN" if value != value else str(value)
    return reprlib.repr(value)


def column_names(X):
    """Return the column names of a frame or table of any library, or None for anything else.

    The type is checked, since the columns of a frame are attributes too.
    """
    for name in ("column_names", "columns"):  # an Arrow table has both; its `columns` are the data
        if hasattr(type(X), name):
            names = getattr(X, name)
            return None if names is None else list(names)
    return None


def as_list(X):
    """Return a column of any library as a list, Arrow scalars as Python objects."""
    return X.to_pylist() if hasattr(type(X), "to_pylist") else list(X)
