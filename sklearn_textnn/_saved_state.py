"""What a class holds after fit, declared on the class: constraints for ``_saved_state``.

As ``_parameter_constraints`` says what an estimator is given, the class attribute ``_saved_state``
says what its `fit` sets, or what the fields of a record are: names to constraints, in an order in
which each can refer to those before it. None stands for what is not saved. What several attributes
have to agree on is checked by a method ``_check_saved``, which raises a ValueError.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from numbers import Integral, Number

import numpy as np

from ._validation import short_repr

LARGEST = 2**31 - 1  # ids and sizes are of 32 bits


@dataclass(frozen=True)
class Constraint:
    """What an attribute is.

    Parameters
    ----------
    expected : str
        In words, for errors.
    test : callable
        From the value, and a dict of the attributes before it, to whether it is that.
    optional : bool, default=False
        Whether it may be missing.
    """

    expected: str
    test: Callable
    optional: bool = False


def check_saved_state(state, constraints):
    """Raise a ValueError unless the attributes that are there are what a class declares."""
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
    """Return the constraint of what is not there after every fit."""
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
    """Accept some texts."""
    return Constraint(
        f"one of {values}", lambda value, _: isinstance(value, str) and value in values
    )


def integer(lowest=0):
    """Accept an int of 32 bits."""
    return Constraint(f"an int of {lowest} or more", lambda value, _: _is_integer(value, lowest))


def _is_integer(value, lowest):
    is_int = isinstance(value, Integral) and not isinstance(value, bool)
    return is_int and lowest <= value <= LARGEST


def counts(lowest):
    """Accept a dict of str to int; there may be very many."""
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
    """Whether all values are str; there may be very many."""
    return all(issubclass(kind, str) for kind in {*map(type, values)})


def is_plain(value):
    """Whether a value is a text, a number, None, or a list or tuple of such."""
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (str, Number, np.bool_))


def dict_of(constraint):
    """Accept a dict of str to what another constraint accepts."""
    return Constraint(
        f"a dict of str, each value {constraint.expected}",
        lambda value, state: (
            isinstance(value, dict)
            and are_texts(value)
            and all(constraint.test(v, state) for v in value.values())
        ),
    )


def sequence_of(constraint):
    """Accept a list or tuple of what another constraint accepts."""
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
        One of the words below, or the name of a dtype.
    *shape : int, str or None
        A size, or an attribute that is one or has that length, as in ``vocabulary_.n_known``, or
        None for any. None at all for any shape.
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


_KINDS = {"float": "f", "int": "iu", "number": "biuf", "label": "biufUO"}  # by numpy's letters


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


# What scikit-learn's validate_data notes about X.
COLUMNS = {
    "n_features_in_": optional(integer(1)),
    "feature_names_in_": optional(texts("n_features_in_")),
}
