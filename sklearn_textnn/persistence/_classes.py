"""The table of classes that a model file can contain, and those that a user has registered.

A file contains only the key of a class. Its module is defined here, and is imported when a file
with that key is loaded.
"""

from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, signature

import numpy as np

from .._compat import check_parameters
from .._saved_state import Constraint, check_saved_state, is_plain
from ..networks import NETWORKS
from ._errors import ModelFormatError, as_format_error, expect, shown
from ._sklearn_classes import PARAMETERS, SKLEARN_CLASSES

# The estimators and records of this package, by subpackage.
_HEADS = ("BinaryHead", "MulticlassHead", "MultilabelHead", "OneHotHead")
_SUBPACKAGES = {
    "preprocessing": (
        "KerasTokenizerTransformer",
        "NgramTransformer",
        "PadTransformer",
        "SubwordTokenizerTransformer",
        "Vocabulary",
    ),
    "embeddings": ("Coverage", "GloVeEmbedder", "Lookup", "WordVectors"),
    "networks": ("NetworkSpec", *(cls.__name__ for cls in NETWORKS)),
    "classifiers": ("KerasTextClassifier", "Fitted", *_HEADS),
    "engines": ("ModelState",),
    "model_selection": ("MultilabelThresholdClassifierCV",),
    "pipelines": ("AveragingClassifier", "LogCountRatioTransformer"),
    "serving": ("FrozenTextClassifier",),
}


@dataclass(frozen=True)
class Entry:
    """Class that a model file can contain.

    Parameters
    ----------
    key : str
        Its name in files.
    module : str
        The module that it is imported from.
    registered : type or None, default=None
        The class itself, if a user has registered it.
    """

    key: str
    module: str
    registered: type | None = None

    @property
    def cls(self):
        """The class, imported at the first access."""
        return self.registered or getattr(import_module(self.module), self.key)

    @property
    def is_foreign(self):
        """Whether the class is from scikit-learn, which has versions of its own."""
        return self.key in SKLEARN_CLASSES

    @property
    def is_estimator(self):
        """Whether it has parameters and fitted attributes; otherwise it is a plain record."""
        return hasattr(self.cls, "get_params")

    @property
    def _state(self):
        """The declared attributes; None if a user's class declares none."""
        if self.is_foreign:
            return SKLEARN_CLASSES[self.key].state
        return getattr(self.cls, "_saved_state", None)

    def constraint(self, name):
        """Return the constraint on an attribute or field; None if it is not saved."""
        if self._state is not None:
            return self._state.get(name)
        is_public = name.isidentifier() and name.endswith("_") and not name.startswith("_")
        return _PLAIN if is_public else None

    def ignores(self, name):
        """Return whether an attribute has no meaning in another process."""
        return name in (self._state or {}) and self.constraint(name) is None

    def fields(self):
        """Return the fields that a record must have, and all that it can have."""
        arguments = signature(self.cls).parameters
        known = [name for name in self._state if name in arguments]
        return [n for n in known if arguments[n].default is Parameter.empty], known

    def check_names(self, fitted):
        """Check that all fitted attributes exist, or none."""
        unknown = [name for name in fitted if self.constraint(name) is None]
        expect(not unknown, f"it has no fitted attribute {shown(sorted(unknown))}")
        declared = (self._state or {}).items()
        needed = [name for name, c in declared if c is not None and not c.optional]
        missing = [name for name in needed if name not in fitted]
        if missing and len(missing) == len(needed):
            expect(not fitted, f"it is half fitted: it has only {shown(sorted(fitted))}")
        elif missing:
            raise ModelFormatError(f"it is half fitted: it has no {shown(missing)}")

    def check_values(self, values):
        """Check each attribute or field, and its size by the earlier ones."""
        declared = self._state or {name: self.constraint(name) for name in values}
        self._checked(check_saved_state, values, declared)

    def check_parameters(self, estimator):
        """Check parameters like fit; undeclared ones of a user's class must be plain values."""
        declared = getattr(estimator, "_parameter_constraints", {})
        if declared:
            check_parameters(estimator)
        for name, value in estimator.get_params(deep=False).items() if self.registered else ():
            is_sound = is_plain(value) or declared.get(name, "no_validation") != "no_validation"
            expect(is_sound, f"its {name} is a {type(value).__name__}, expected a plain value")

    def check(self, thing):
        """Check that parameters and attributes agree."""
        if self.is_foreign:
            self._checked(check_saved_state, thing.get_params(deep=False), PARAMETERS)
            self._checked(SKLEARN_CLASSES[self.key].check, thing)
        elif hasattr(thing, "_check_saved"):
            self._checked(thing._check_saved)

    @staticmethod
    def _checked(check, *args):
        with as_format_error(errors=(NotImplementedError, ValueError)):
            check(*args)


def _is_plain_attribute(value, state):
    if isinstance(value, np.ndarray):
        return value.dtype != object or is_plain(value.tolist())
    return is_plain([*value, *value.values()] if isinstance(value, dict) else value)


_PLAIN = Constraint("plain values, or an array or dict of them", _is_plain_attribute, optional=True)

TABLE = {key: Entry(key, module) for key, (module, *_) in SKLEARN_CLASSES.items()} | {
    key: Entry(key, f"sklearn_textnn.{name}") for name, keys in _SUBPACKAGES.items() for key in keys
}
_registered = {}  # by module and name


def register(estimator_class):
    """Allow model files to contain objects of a class of your own, until the process ends.

    :func:`save` and :func:`load` then accept it under the names of its module and class. The code
    is always yours: for a file that names the class, the registered class is used and nothing is
    imported.

    Parameters
    ----------
    estimator_class : type
        A :class:`~sklearn_textnn.networks.Network` that defines ``weight_shapes``, or any other
        scikit-learn estimator. Parameters are checked by its ``_parameter_constraints``; others
        must be None, a str, a number, or a list or tuple of these. Fitted attributes are those that
        end in ``_``, which must be plain values, arrays or dicts of these; or those declared in
        ``_saved_state``, as in the estimators of this package.

    Returns
    -------
    type
        The class, so that the function can be used as a decorator.

    Raises
    ------
    TypeError
        If it is not a class of estimators.

    See Also
    --------
    load : Load a file; unregistered classes are refused.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.base import BaseEstimator, TransformerMixin
    >>> from sklearn_textnn import persistence
    >>> @persistence.register
    ... class Shout(TransformerMixin, BaseEstimator):
    ...     def __init__(self, mark="!"):
    ...         self.mark = mark
    ...
    ...     def fit(self, X, y=None):
    ...         self.n_texts_ = len(X)
    ...         return self
    ...
    ...     def transform(self, X):
    ...         return [text.upper() + self.mark for text in X]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     persistence.save(Shout("?").fit(["good"]), Path(folder) / "shout.textnn")
    ...     persistence.load(Path(folder) / "shout.textnn").transform(["fine"])
    ['FINE?']
    """
    if not (isinstance(estimator_class, type) and hasattr(estimator_class, "get_params")):
        raise TypeError(f"register got {estimator_class!r}, expected a class of estimators.")
    key = _full_name(estimator_class)
    _registered[key] = Entry(key, estimator_class.__module__, estimator_class)
    return estimator_class


def _full_name(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


def find_entry(key):
    """Return the entry of a key, or None if there is none."""
    return TABLE.get(key) or _registered.get(key)


def entry_of(thing):
    """Return the entry of exactly the class of an object, or None if there is none."""
    cls = type(thing)
    for key in (cls.__name__, _full_name(cls)):
        entry = find_entry(key)
        if entry is not None and entry.cls is cls:
            return entry
    return None
