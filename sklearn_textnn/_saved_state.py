"""Constraints for ``_saved_state``, which declares the fitted attributes of a class.

As ``_parameter_constraints`` declares the parameters of an estimator, the class attribute
``_saved_state`` declares the attributes that `fit` sets, or the fields of a record: a dict of names
to constraints, each of which can refer to earlier ones. None stands for what is not saved. A method
``_check_saved`` checks that several attributes agree, and raises a ValueError otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from numbers import Integral, Number

import numpy as np

from ._validation import short_repr

LARGEST = 2**31 - 1  # ids and sizes have 32 bits


@dataclass(frozen=True)
class Constraint:
    """Constraint on an attribute.

    Parameters
    ----------
    expected : str
        Description for errors.
    test : callable
        Predicate of the value and a dict of the earlier attributes.
    optional : bool, default=False
        Whether the attribute may be missing.
    """

    expected: str
    test: Callable
    optional: bool = False


def check_saved_state(state, constraints):
    """Raise a ValueError if attributes violate the declared constraints."""
    for name, constraint in constraints.items():
        if constraint and name in state and not constraint.test(state[name], state):
            found = _described(state[name])
            raise ValueError(f"its {name} is {found}, expected {constraint.expected}")


def _described(value):
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    if isinstance(value, (str, int, float, type(None))):
        return short_repr(value)
    return f"a {type(value).__name__}"


def optional(constraint):
    """Allow the attribute to be missing."""
    return replace(constraint, optional=True)


def or_none(constraint):
    """Accept None, too."""
    return Constraint(
        f"{constraint.expected} or None",
        lambda value, state: value is None or constraint.test(value, state),
    )


def instance_of(*classes):
    """Accept objects of some classes."""
    return Constraint(
        " or ".join(f"a {cls.__name__}" for cls in classes),
        lambda value, _: isinstance(value, classes),
    )


def one_of(*values):
    """Accept one of several strings."""
    return Constraint(
        f"one of {values}", lambda value, _: isinstance(value, str) and value in values
    )


def integer(lowest=0):
    """Accept a 32-bit int."""
    return Constraint(f"an int of {lowest} or more", lambda value, _: _is_integer(value, lowest))


def _is_integer(value, lowest):
    is_int = isinstance(value, Integral) and not isinstance(value, bool)
    return is_int and lowest <= value <= LARGEST


def counts(lowest):
    """Accept a dict of str to int; fast for very many."""
    return Constraint("a dict of str to int", lambda value, _: _are_counts(value, lowest))


def _are_counts(value, lowest):
    if not isinstance(value, dict) or not are_texts(value):
        return False
    numbers = value.values()
    kinds = {*map(type, numbers)}
    if not all(issubclass(kind, Integral) and kind is not bool for kind in kinds):
        return False
    return not numbers or (lowest <= min(numbers) and max(numbers) <= LARGEST)


def are_texts(values):
    """Return whether all values are str; fast for very many."""
    return all(issubclass(kind, str) for kind in {*map(type, values)})


def is_plain(value):
    """Return whether a value is a str, number, None, or a list or tuple of these."""
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (str, Number, np.bool_))


def dict_of(constraint):
    """Accept a dict of str to values that another constraint accepts."""
    return Constraint(
        f"a dict of str, each value {constraint.expected}",
        lambda value, state: (
            isinstance(value, dict)
            and are_texts(value)
            and all(constraint.test(v, state) for v in value.values())
        ),
    )


def sequence_of(constraint):
    """Accept a list or tuple of values that another constraint accepts."""
    return Constraint(
        f"a list or tuple, each item {constraint.expected}",
        lambda value, state: (
            isinstance(value, (list, tuple)) and all(constraint.test(v, state) for v in value)
        ),
    )


def array(kind, *shape):
    """Accept an array.

    Parameters
    ----------
    kind : str
        A key of `_KINDS`, or the name of a dtype.
    *shape : int, str or None
        A size, the name of an attribute that is a size or has that length, such as
        ``vocabulary_.n_known``, or None for any size. Omit it to allow any shape.
    """
    sizes = ", ".join("any" if size is None else str(size) for size in shape)
    of_shape = f" of shape ({sizes}{',' * (len(shape) == 1)})" if shape else ""

    def test(value, state):
        return (
            isinstance(value, (np.ndarray, np.generic))
            and (value.dtype.name == kind or value.dtype.kind in _KINDS.get(kind, ""))
            and (not shape or value.ndim == len(shape))
            and all(
                wanted is None or size == _size(wanted, state)
                for size, wanted in zip(value.shape, shape, strict=False)
            )
        )

    return Constraint(f"an array of {kind}{of_shape}", test)


_KINDS = {"float": "f", "int": "iu", "number": "biuf", "label": "biufUO"}  # numpy's dtype.kind


def _size(name, state):
    if isinstance(name, int):
        return name
    first, *rest = name.split(".")
    value = reduce(getattr, rest, state[first])
    return value if isinstance(value, Integral) else len(value)


def texts(*shape):
    """Accept an object array of str."""
    objects = array("object", *shape)
    return Constraint(
        objects.expected.replace("object", "str"),
        lambda value, state: objects.test(value, state) and are_texts(value),
    )


# What scikit-learn's validate_data records about X.
COLUMNS = {
    "n_features_in_": optional(integer(1)),
    "feature_names_in_": optional(texts("n_features_in_")),
}
