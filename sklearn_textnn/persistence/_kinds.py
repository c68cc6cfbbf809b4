"""What values are: sizes, counts, arrays, objects of the table."""

from numbers import Integral, Number

import numpy as np

LARGEST = 2**31 - 1  # ids and sizes are of 32 bits


def is_a(value, hint):
    """Whether a value is what the annotation of a field says."""
    if type(value) is bool:
        return hint is bool
    return isinstance(value, (list, tuple) if hint is list else hint)


def is_whole(value):
    """Whether a value is an int of 0 or more."""
    return isinstance(value, Integral) and not isinstance(value, bool) and 0 <= value <= LARGEST


def is_size(value):
    """Whether a value is an int of 1 or more."""
    return is_whole(value) and value > 0


def are_texts(values):
    """Whether all values are str; there may be very many."""
    return all(issubclass(kind, str) for kind in {*map(type, values)})


def is_counted(value, lowest):
    """Whether a value is a dict of str to whole numbers; there may be very many."""
    if not isinstance(value, dict) or not are_texts(value):
        return False
    counts = value.values()
    if not all(issubclass(kind, Integral) and kind is not bool for kind in {*map(type, counts)}):
        return False
    return not counts or (lowest <= min(counts) and max(counts) <= LARGEST)


def is_array(value, kinds, ndim=None):
    """Whether a value is an array of some of numpy's kinds of numbers and texts."""
    return (
        isinstance(value, (np.ndarray, np.generic))
        and value.dtype.kind in kinds
        and (ndim is None or value.ndim == ndim)
    )


def is_of(value, key):
    """Whether a value is of a class of the table, of which there is one of each name."""
    return type(value).__name__ == key


def is_network(value):
    """Whether a value is a network."""
    return getattr(value, "reads", None) in ("ids", "features")


def is_plain(value):
    """Whether a value is a text, a number, None, or a list or tuple of such."""
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (str, Number, np.bool_))
