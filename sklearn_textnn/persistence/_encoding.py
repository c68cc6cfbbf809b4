"""Encoding of estimators as plain values and arrays; errors name what cannot be encoded."""

import math
from collections import UserList
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType

import numpy as np
from scipy import sparse
from sklearn.utils.metadata_routing import MetadataRequest

from .._compat import CALLBACKS, OUTPUT, REQUESTS
from ._classes import entry_of
from ._container import BUILTINS, MOST_PLACES, NUMBERS, PLAIN
from ._sklearn_classes import SKLEARN_CLASSES

_NAMED = ("steps", "transformer_list", "transformers")  # lists of (name, estimator, ...)
_ITEMS = {
    tuple: list,
    set: lambda thing: sorted(thing, key=repr),
    frozenset: lambda thing: sorted(thing, key=repr),
    slice: lambda thing: [thing.start, thing.stop, thing.step],
}
_LIKE_PICKLE = (
    "or use joblib.dump, whose files run code when they are loaded: load only those you trust."
)


class Encoder:
    """Encoder of a model as JSON values and arrays.

    Objects that parts of a model share, above all vocabularies, are written once, or again after
    every ``MOST_PLACES`` uses.

    Parameters
    ----------
    embed_vectors : bool, default=False
        Whether pretrained vectors are written; otherwise only the digest of their content.

    Attributes
    ----------
    arrays : dict of str to ndarray
        The arrays, by the names that the values refer to.
    vocabularies, vectors : list of dict
        The encoded vocabularies and pretrained vectors.
    word_vectors : dict of str to WordVectors
        The pretrained vectors by digest.
    """

    def __init__(self, embed_vectors=False):
        self.embed_vectors = embed_vectors
        self.arrays = {}
        self.vocabularies = []
        self.vectors = []
        self.word_vectors = {}
        self._names = {}  # name and number of uses, by id of arrays and by vocabularies and vectors
        self._arrays = []  # references keep the ids of arrays unique

    def estimator(self, thing, place=""):
        """Encode an estimator.

        Parameters
        ----------
        thing : estimator
            An estimator of a class in the table.
        place : str, default=""
            The parameter with this value, as in ``set_params``; "" for the whole model.

        Returns
        -------
        dict
            Values that JSON can store.

        Raises
        ------
        TypeError
            If it, or something in it, is of a class that cannot be saved.
        """
        entry = entry_of(thing)
        if entry is None or not entry.is_estimator:
            raise TypeError(_refusal(thing, place))
        start = f"{place}__" if place else ""
        params = thing.get_params(deep=False)
        learned = {k: v for k, v in vars(thing).items() if k not in params and not entry.ignores(k)}
        settings = {k: learned.pop(k) for k in (OUTPUT, REQUESTS, CALLBACKS) if k in learned}
        unknown = sorted(name for name in learned if entry.constraint(name) is None)
        if unknown:
            raise TypeError(
                f"Cannot save {start + unknown[0]}: {unknown[0]} is not a fitted attribute of "
                f"{entry.key}. Delete it, declare it in _saved_state if the class is your own, "
                f"{_LIKE_PICKLE}"
            )
        return {
            "type": "estimator",
            "class": entry.key,
            "params": {k: self._param(k, v, start) for k, v in params.items()},
            "fitted": {k: self.value(v, start + k) for k, v in learned.items()},
            "settings": {k: self._setting(k, v, place or "this") for k, v in settings.items()},
        }

    def _param(self, name, value, start):
        """Encode a parameter; the places of named estimators are their names."""
        steps = value if name in _NAMED and isinstance(value, list) else [None]
        if not all(isinstance(step, (tuple, list)) and step for step in steps):
            return self.value(value, start + name)
        return [
            {"type": "tuple", "items": [self.value(part, f"{start}{step[0]}") for part in step]}
            for step in value
        ]

    def _setting(self, name, value, place):
        if name == REQUESTS and isinstance(value, MetadataRequest):
            return {k: v.requests for k, v in vars(value).items() if hasattr(v, "requests")}
        if name == OUTPUT and isinstance(value, dict):
            return dict(value)
        if name == CALLBACKS:
            names = ", ".join(map(_name, value))
            raise TypeError(
                f"Cannot save {place}: set_callbacks got {names}, which is code, and a model file "
                f"contains none. Remove it with set_callbacks(), {_LIKE_PICKLE}"
            )
        raise TypeError(_refusal(value, place))

    def value(self, thing, place):
        """Encode a value; see `estimator`."""
        if isinstance(thing, UserList):  # columns in ColumnTransformer before 1.7
            thing = thing.data
        kind = type(thing)
        if kind in PLAIN:
            return thing
        if kind is float:
            return thing if math.isfinite(thing) else {"type": "float", "value": str(thing)}
        if kind is list:
            return self._items(thing, place)
        if kind in _ITEMS:
            return {"type": kind.__name__, "items": self._items(_ITEMS[kind](thing), place)}
        if kind is dict:
            return self._dict(thing, place)
        return self._object(thing, place)

    def _items(self, things, place, keys=None):
        """Encode many values; most are words and numbers, which stay as they are."""
        places = range(len(things)) if keys is None else keys
        return [
            thing if type(thing) in PLAIN else self.value(thing, f"{place}[{key!r}]")
            for key, thing in zip(places, things, strict=True)
        ]

    def _dict(self, thing, place):
        """Encode a dict as two lists, since its keys need not be str."""
        values = [*thing.values()]
        kinds = set(map(type, values))
        if len(kinds) == 1 and issubclass(*kinds, np.integer):  # CountVectorizer's vocabulary_
            values = self._array(np.array(values), place)
        else:
            values = self._items(values, place, thing)
        return {"type": "dict", "keys": self._items([*thing], place, thing), "values": values}

    def _object(self, thing, place):
        if isinstance(thing, np.ndarray):
            return self._array(np.asarray(thing), place)
        if isinstance(thing, np.str_):
            return {"type": "scalar", "dtype": "str", "value": str(thing)}
        if isinstance(thing, np.generic) and thing.dtype.name in NUMBERS:
            value = self.value(thing.item(), place)
            return {"type": "scalar", "dtype": thing.dtype.name, "value": value}
        if isinstance(thing, PurePath):
            return {"type": "path", "value": str(thing)}
        if isinstance(thing, np.dtype) and thing.name in NUMBERS:
            return {"type": "dtype", "name": thing.name}
        if isinstance(thing, type) and thing is BUILTINS.get(thing.__name__):
            return {"type": "builtin", "name": thing.__name__}
        if isinstance(thing, type) and issubclass(thing, np.generic):
            name = np.dtype(thing).name
            if name in NUMBERS:
                return {"type": "number type", "name": name}
        entry = entry_of(thing)
        if entry is None or entry.is_estimator:
            return self.estimator(thing, place)
        if entry.key == "WordVectors":
            return {"type": "vectors", "number": self._once(thing, place, self.vectors)}
        if entry.key == "Vocabulary":
            return {"type": "vocabulary", "number": self._once(thing, place, self.vocabularies)}
        return self._record(thing, entry, place)

    def _record(self, thing, entry, place):
        """Encode a record, field by field."""
        _, names = entry.fields()
        fields = {name: self.value(getattr(thing, name), f"{place}.{name}") for name in names}
        return {"type": "record", "class": entry.key, "fields": fields}

    def _once(self, thing, place, nodes):
        """Write equal objects of several parts of a model once, and return their number."""

        def write():
            encode = self._vectors if nodes is self.vectors else self._record
            nodes.append(encode(thing, entry_of(thing), place))
            return len(nodes) - 1

        # vectors are large, and their content is in no repr: they are written only once
        return self._shared(thing, write, n_places=nodes is not self.vectors)

    def _shared(self, key, write, n_places=1):
        """Return the name of an object that is written already, or write it if it has many uses."""
        name, n_before = self._names.get(key, (None, MOST_PLACES))
        if n_before == MOST_PLACES:
            name, n_before = write(), 0
        self._names[key] = name, n_before + n_places
        return name

    def _vectors(self, thing, entry, place):
        """Encode the digest of pretrained vectors, and their content if requested."""
        self.word_vectors[thing.digest] = thing
        node = {"digest": thing.digest, "shape": list(thing.vectors.shape)}
        if self.embed_vectors:
            matrix = self._array(np.asarray(thing.vectors), place)
            node |= {"words": list(thing.words), "matrix": matrix}
        return node

    def _array(self, thing, place):
        if thing.dtype == object:
            if thing.ndim != 1:
                raise TypeError(_refusal(thing, place))
            return {"type": "objects", "items": self._items(thing, place)}
        if thing.dtype.kind != "U" and thing.dtype.name not in NUMBERS:
            raise TypeError(_refusal(thing, place))
        layout = "C"
        if thing.dtype.kind == "U":
            layout = "text"
        elif thing.flags.f_contiguous and not thing.flags.c_contiguous:
            layout = "F"  # the last bit of matrix products depends on it
        name = self._shared(id(thing), lambda: self._write_array(thing, layout))
        return {"type": "array", "name": name, "layout": layout}

    def _write_array(self, thing, layout):
        name = str(len(self.arrays))
        self.arrays[name] = _bare(thing, layout)
        self._arrays.append(thing)
        return name


def _bare(array, layout):
    """Return an array in C order and native byte order; texts as code points."""
    array = array.T if layout == "F" else array
    array = array.astype(array.dtype.newbyteorder("="), order="C", copy=False)
    if layout == "text":
        n_characters = array.dtype.itemsize // 4
        array = np.frombuffer(array.tobytes(), np.uint32).reshape(*array.shape, n_characters)
    return array


def _refusal(thing, place):
    """Return the message that says why something cannot be saved, and what to do."""
    kind = type(thing)
    if str(getattr(thing, "__module__", "")).split(".")[0] in ("keras", "tensorflow"):
        reason = (
            f"{_name(thing)} is a Keras object, and to restore one from its config may run "
            'code. Use a str and numbers, as in optimizer="adam", optimizer__learning_rate=0.01; '
            "or remove it if only training needs it: "
            f"set_params({place.partition('[')[0]}=None) changes no prediction."
        )
    elif isinstance(thing, (FunctionType, BuiltinFunctionType, MethodType, np.ufunc, type)):
        reason = (
            f"{_name(thing)} is code, and a model file contains none, so that loading it "
            "runs none. Use parameters and networks of sklearn_textnn, "
            f"{_LIKE_PICKLE}"
        )
    elif any(hasattr(thing, name) for name in ("param_grid", "param_distributions")):
        reason = (
            f"{kind.__name__} is a search, which cannot be saved. Save its best_estimator_, which "
            "fit sets unless refit=False."
        )
    elif isinstance(thing, (np.random.RandomState, np.random.Generator)):
        reason = f"{kind.__name__} has a state that changes with use. Set an int."
    elif sparse.issparse(thing):
        reason = "it is a sparse matrix. Make it dense: toarray(), or densify()."
    else:
        reason = (
            f"a model file cannot contain a {kind.__module__}.{kind.__qualname__}, only plain "
            "values, arrays of numbers and texts, estimators of sklearn_textnn, and of "
            f"scikit-learn {', '.join(SKLEARN_CLASSES)}. Use these; if the class is your own, "
            f"call persistence.register({kind.__name__}); {_LIKE_PICKLE}"
        )
    return f"Cannot save {place or 'this'}: {reason}"


def _name(thing):
    return getattr(thing, "__qualname__", type(thing).__qualname__)
