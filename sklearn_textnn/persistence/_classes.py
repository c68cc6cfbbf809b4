"""The closed table: the classes that a model file can hold, and those that a user has registered.

A file names a class by its key here. Where it is imported from stands here and nowhere in the
file; it is imported when a file that holds one is loaded.
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
    """A class that a model file can hold.

    Parameters
    ----------
    key : str
        What files call it.
    module : str
        Where it is imported from.
    registered : type or None, default=None
        The class itself, where a user has registered it.
    """

    key: str
    module: str
    registered: type | None = None

    @property
    def cls(self):
        """The class, imported when it is asked for."""
        return self.registered or getattr(import_module(self.module), self.key)

    @property
    def is_foreign(self):
        """Whether the class is scikit-learn's, which has versions of its own."""
        return self.key in SKLEARN_CLASSES

    @property
    def is_estimator(self):
        """Whether it has parameters and learns attributes; else it is a plain record."""
        return hasattr(self.cls, "get_params")

    @property
    def _state(self):
        """What the class declares; None where a user's declares nothing."""
        if self.is_foreign:
            return SKLEARN_CLASSES[self.key].state
        return getattr(self.cls, "_saved_state", None)

    def constraint(self, name):
        """Return what an attribute or field has to be; None where it is not saved."""
        if self._state is not None:
            return self._state.get(name)
        is_public = name.isidentifier() and name.endswith("_") and not name.startswith("_")
        return _PLAIN if is_public else None

    def ignores(self, name):
        """Whether an attribute means nothing in another process."""
        return name in (self._state or {}) and self.constraint(name) is None

    def fields(self):
        """Return the fields that a record must have, and all that it may have."""
        arguments = signature(self.cls).parameters
        known = [name for name in self._state if name in arguments]
        return [n for n in known if arguments[n].default is Parameter.empty], known

    def check_names(self, fitted):
        """Check that what is learned is all there, or nothing of it."""
        unknown = [name for name in fitted if self.constraint(name) is None]
        expect(not unknown, f"it learns no attribute {shown(sorted(unknown))}")
        declared = (self._state or {}).items()
        needed = [name for name, c in declared if c is not None and not c.optional]
        missing = [name for name in needed if name not in fitted]
        if missing and len(missing) == len(needed):
            expect(not fitted, f"it is half fitted: there is nothing but {shown(sorted(fitted))}")
        elif missing:
            raise ModelFormatError(f"it is half fitted: there is no {shown(missing)}")

    def check_values(self, values):
        """Check attributes or fields, each by itself and its size by those before it."""
        declared = self._state or {name: self.constraint(name) for name in values}
        self._checked(check_saved_state, values, declared)

    def check_parameters(self, estimator):
        """Check parameters as fit would; what a user's class does not declare is a plain value."""
        declared = getattr(estimator, "_parameter_constraints", {})
        if declared:
            check_parameters(estimator)
        for name, value in estimator.get_params(deep=False).items() if self.registered else ():
            is_sound = is_plain(value) or declared.get(name, "no_validation") != "no_validation"
            expect(is_sound, f"its {name} is a {type(value).__name__}, expected a plain value")

    def check(self, thing):
        """Check what parameters and attributes have to agree on."""
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
    """Let model files hold objects of a class of your own, for the life of the process.

    :func:`save` and :func:`load` take them from then on, under the name of module and class. The
    code is yours: a file that names the class gets the one that you have registered, and nothing
    is imported for it.

    Parameters
    ----------
    estimator_class : type
        A :class:`~sklearn_textnn.networks.Network` that defines ``weight_shapes``, or any other
        estimator in the sense of scikit-learn. Parameters are checked by its
        ``_parameter_constraints``; what these do not mention has to be None, a str, a number or a
        list or tuple of such. What `fit` learns are the attributes that end in ``_`` and hold
        plain values, arrays and dicts of these; or those that ``_saved_state`` declares, as the
        estimators of this package do.

    Returns
    -------
    type
        The class, so that this can decorate it.

    Raises
    ------
    TypeError
        If it is no class of estimators.

    See Also
    --------
    load : Refuses what is not registered.

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
    """Return the entry of a key, None where there is none."""
    return TABLE.get(key) or _registered.get(key)


def entry_of(thing):
    """Return the entry of an object's class, itself and no subclass; None where there is none."""
    cls = type(thing)
    for key in (cls.__name__, _full_name(cls)):
        entry = find_entry(key)
        if entry is not None and entry.cls is cls:
            return entry
    return None
