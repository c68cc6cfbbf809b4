"""Decoding of estimators from plain values and arrays; faults are ModelFormatErrors."""

from collections import Counter
from inspect import Parameter, signature
from pathlib import Path

import numpy as np
import sklearn
from sklearn.utils.metadata_routing import MetadataRequest

from .._compat import OUTPUT, REQUESTS
from .._saved_state import are_texts, array
from ._classes import TABLE, entry_of, find_entry
from ._container import BUILTINS, MOST_PLACES, NUMBERS, PLAIN
from ._errors import ModelFormatError, expect, shown

_OUTPUTS = ("default", "pandas", "polars")
_FLOATS = {text: float(text) for text in ("nan", "inf", "-inf")}
_NOT_SET = {"deprecated", "warn"}  # scikit-learn's defaults of deprecated parameters
_LAST_CHARACTER = 0x10FFFF
_LONGEST_NAME = 200
_DEEPEST = 8  # levels of nested estimators, and of nested values: each may double the time
_WIDEST_EMPTY = 2**16  # the largest size in the shape of an empty array
MOST_PARTS = 64  # layers or branches of a network: each takes time to build, even if it is small
_MOST_OF_A_HASH = 16  # items with one hash: Python compares them one by one; two are rare


class Decoder:
    """Decoder of a model, the inverse of ``Encoder``.

    Parameters
    ----------
    description : dict
        The description in the file.
    arrays : dict of str to ndarray
        The arrays by name.
    found : dict of str to WordVectors
        The pretrained vectors that the file only refers to, by digest.
    frozen : bool, default=False
        Whether each KerasTextClassifier becomes a FrozenTextClassifier.

    Attributes
    ----------
    used : dict of tuple to ndarray
        The arrays that were used, by name and layout.
    seen : set of str
        Keys of the classes in the model.
    """

    def __init__(self, description, arrays, found, *, frozen=False):
        self.arrays = arrays
        self.found = found
        self.frozen = frozen
        self.scikit_learn = description["libraries"]["scikit-learn"]
        self.used = {}
        self.seen = set()
        self._depths = [0]  # levels of nested values, for each of the nested estimators
        self._places = Counter()
        words = [self._record(v, only="Vocabulary") for v in _part(description, "vocabularies")]
        pretrained = [self._vectors(v) for v in _part(description, "vectors")]
        expect(len({v.digest for v in pretrained}) == len(pretrained), "it contains vectors twice")
        self._shared = {"vocabulary": words, "vectors": pretrained}

    def value(self, node):
        """Decode a value; see `Encoder.value`."""
        if not isinstance(node, (list, dict)):
            return node
        self._depths[-1] += 1
        expect(self._depths[-1] <= _DEEPEST, f"it nests values deeper than {_DEEPEST} levels")
        value = self._items(node) if isinstance(node, list) else self._typed(node)
        self._depths[-1] -= 1
        return value

    def _typed(self, node):
        kind = node.get("type")
        reader, *fields = _READERS.get(kind, (None,)) if isinstance(kind, str) else (None,)
        expect(reader is not None, f"it contains a value of the unknown type {shown(kind)}")
        _check_fields(node, fields)
        return reader(self, node)

    def estimator(self, node):
        """Decode an estimator; see `Encoder.estimator`."""
        expect(len(self._depths) <= _DEEPEST, f"it nests estimators deeper than {_DEEPEST} levels")
        self._depths.append(0)
        # else TensorFlow is needed
        freezes = self.frozen and node["class"] == "KerasTextClassifier"
        key = "FrozenTextClassifier" if freezes else node["class"]
        entry = self._entry(key, is_estimator=True)
        try:
            params, fitted = self._values(node, "params"), self._values(node, "fitted")
            if freezes:
                params, fitted = entry.cls.reduced(params, fitted)
            estimator = self._construct(entry, params)
            entry.check_names(fitted)
            entry.check_values(fitted)
            if entry.is_foreign:
                vars(estimator).update(fitted)
            else:  # arrays become read-only again
                estimator.__setstate__(fitted)
            entry.check(estimator)
            _apply_settings(estimator, _part(node, "settings", dict))
        except ModelFormatError as fault:
            raise ModelFormatError(f"{entry.key}: {fault}", fault.hint) from fault.__cause__
        self._depths.pop()
        return estimator

    def _values(self, node, part):
        return {name: self.value(value) for name, value in _part(node, part, dict).items()}

    def _construct(self, entry, params):
        """Create an estimator from its parameters; missing ones get their defaults."""
        arguments = signature(entry.cls).parameters
        takes_routed = any(a.kind is Parameter.VAR_KEYWORD for a in arguments.values())
        unknown = [
            name for name in params if name not in arguments and not (takes_routed and "__" in name)
        ]
        if entry.is_foreign and self.scikit_learn != sklearn.__version__:  # with other parameters
            unset = {k for k, v in params.items() if isinstance(v, str) and v in _NOT_SET}
            params = {k: v for k, v in params.items() if k not in unset.union(unknown)}
            unknown = []
        expect(not unknown, f"it has no parameter {shown(unknown)}")
        estimator = entry.cls(**params)
        entry.check_parameters(estimator)
        return estimator

    def _entry(self, key, *, is_estimator):
        entry = find_entry(key) if isinstance(key, str) else None
        if entry is None or entry.is_estimator is not is_estimator:
            name = repr(key[:_LONGEST_NAME]) if isinstance(key, str) else shown(key)
            raise ModelFormatError(
                f"it names the class {name}, which a model file cannot contain",
                "If you trust the file, import the class and pass it to persistence.register first",
            )
        self.seen.add(key)
        return entry

    def _record(self, node, only=None):
        """Decode a record; fields that were added in newer versions get their defaults."""
        _check_fields(node, ("class", "fields"))
        entry = self._entry(node["class"], is_estimator=False)
        expect(only in (None, entry.key), f"it contains a {entry.key}, expected a {only}")
        values = self._values(node, "fields")
        needed, known = entry.fields()
        are_right = {*needed} <= {*values} <= {*known}
        expect(are_right, f"a {entry.key} has the fields {shown([*values])}, expected {known}")
        entry.check_values(values)
        if entry.key == "ModelState":
            arrays = [id(a) for name in ("weights", "seeds", "slots") for a in values.get(name, ())]
            expect(len({*arrays}) == len(arrays), "two weights of a network are the same array")
        if entry.key == "Fitted":
            self._count_place("trained", "KerasTextClassifier")
            _check_size(values["network"])
        record = entry.cls(**values)
        entry.check(record)
        return record

    def _number(self, node):
        """Return an object that parts of the model share."""
        shared, number = self._shared[node["type"]], node["number"]
        is_there = type(number) is int and 0 <= number < len(shared)
        expect(is_there, f"it refers to {node['type']} {shown(number)} of {len(shared)}")
        if node["type"] != "vectors":
            self._count_place(node["type"], number)
        return shared[number]

    def _count_place(self, kind, name):
        self._places[kind, name] += 1
        if self._places[kind, name] > MOST_PLACES:
            message = f"its {kind} {shown(name)} is used more than {MOST_PLACES} times"
            raise ModelFormatError(message)

    def _vectors(self, node):
        """Return pretrained vectors from the file or from `found`, and check their digest."""
        _check_fields(node, ("digest", "shape"), ("words", "matrix"))
        digest, shape = node["digest"], node["shape"]
        if "matrix" not in node:
            is_known = isinstance(digest, str) and digest in self.found
            expect(is_known, f"its digest of vectors is {shown(digest)}, expected a SHA-256")
            vectors = self.found[digest]
            expect(shape == [*vectors.vectors.shape], "its vectors have another shape")
            return vectors
        matrix = self.value(node["matrix"])
        expect(array("float32").test(matrix, {}), "its vectors are not an array of float32")
        vectors = TABLE["WordVectors"].cls(_part(node, "words"), matrix)
        expect(vectors.digest == digest, "its vectors do not match their digest")
        return vectors

    # Plain values

    def _items(self, items):
        expect(isinstance(items, list), f"its items are {shown(items)}, expected a list")
        return [item if type(item) in PLAIN else self.value(item) for item in items]

    def _collection(self, node):
        return _FROM_ITEMS[node["type"]](self._items(node["items"]))

    def _dict(self, node):
        keys, values = self._items(node["keys"]), self.value(node["values"])
        expect(isinstance(values, (list, np.ndarray)), f"the values of a dict are {shown(values)}")
        expect(len(keys) == len(values), f"a dict has {len(keys)} keys, {len(values)} values")
        found = dict(zip(_hashable(keys), values, strict=True))
        expect(len(found) == len(keys), "a dict contains a key twice")
        return found

    def _array(self, node):
        """Return an array, the same one for each use of it."""
        name, layout = node["name"], node["layout"]
        expect(isinstance(name, str) and name in self.arrays, f"it has no array {shown(name)}")
        expect(isinstance(layout, str) and layout in _LAYOUTS, f"it has a layout {shown(layout)}")
        self._count_place("array", name)
        if (name, layout) not in self.used:
            found = self.arrays[name]
            is_small = found.size or max(found.shape) <= _WIDEST_EMPTY
            expect(is_small, f"its array {shown(name)} is empty but of shape {found.shape}")
            self.used[name, layout] = _LAYOUTS[layout](found)
        return self.used[name, layout]

    def _objects(self, node):
        items = self._items(node["items"])
        objects = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):
            objects[i] = item
        return objects

    def _scalar(self, node):
        if node["dtype"] == "str":
            expect(isinstance(node["value"], str), f"a str is {shown(node['value'])}")
            return np.str_(node["value"])
        value = self.value(node["value"])
        expect(type(value) in (bool, int, float), f"a number is {shown(value)}")
        return _number_type(node["dtype"]).type(value)


_FROM_ITEMS = {
    "tuple": tuple,
    "set": lambda items: set(_hashable(items)),
    "frozenset": lambda items: frozenset(_hashable(items)),
    "slice": lambda items: slice(*items),
}
_READERS = {  # by type of a value: its decoder, and its fields
    "array": (Decoder._array, "name", "layout"),
    "builtin": (lambda self, node: BUILTINS[node["name"]], "name"),
    "dict": (Decoder._dict, "keys", "values"),
    "dtype": (lambda self, node: _number_type(node["name"]), "name"),
    "estimator": (Decoder.estimator, "class", "params", "fitted", "settings"),
    "float": (lambda self, node: _FLOATS[node["value"]], "value"),
    "number type": (lambda self, node: _number_type(node["name"]).type, "name"),
    "objects": (Decoder._objects, "items"),
    "path": (lambda self, node: Path(node["value"]), "value"),
    "record": (Decoder._record, "class", "fields"),
    "scalar": (Decoder._scalar, "dtype", "value"),
    "vectors": (Decoder._number, "number"),
    "vocabulary": (Decoder._number, "number"),
} | dict.fromkeys(_FROM_ITEMS, (Decoder._collection, "items"))


def _hashable(items):
    """Return the items of a set or dict; refuse many with the same hash, which would be slow.

    Hashes of texts differ between processes, so that nobody can choose them.
    """
    if not are_texts(items):
        most = max(Counter(map(hash, items)).values(), default=0)
        expect(most <= _MOST_OF_A_HASH, f"{most} items of a set or dict have the same hash")
    return items


def _check_size(network):
    """Refuse a network of this package that takes very long to build for a prediction."""
    own = entry_of(network).registered is None
    for name, value in network.get_params(deep=False).items() if own else ():
        n_parts = len(value) if isinstance(value, (tuple, list)) else 1
        found = f"its {type(network).__name__} has {n_parts} {name}"
        expect(n_parts <= MOST_PARTS, f"{found}; in a model file, at most {MOST_PARTS} are allowed")


def _apply_settings(estimator, settings):
    """Restore what set_output and set_{method}_request had set."""
    unknown = set(settings) - {OUTPUT, REQUESTS}
    expect(not unknown, f"it has settings {shown(sorted(unknown))}")
    if OUTPUT in settings:
        output = _part(settings, OUTPUT, dict)
        is_known = {*output} == {"transform"} and output["transform"] in _OUTPUTS
        expect(is_known, f"its output is set to {shown(output)}")
        estimator._sklearn_output_config = output
    if REQUESTS in settings:
        requests = MetadataRequest(owner=estimator)
        asked = _part(settings, REQUESTS, dict)
        for method in asked:
            expect(hasattr(requests, method), f"it requests metadata for {shown(method)}")
            for name, alias in _part(asked, method, dict).items():
                getattr(requests, method).add_request(param=name, alias=alias)
        estimator._metadata_request = requests


def _texts(points):
    """Return an array of texts from one of code points, with a text in each row."""
    are_points = points.dtype == np.uint32 and points.ndim > 0 and points.shape[-1] > 0
    expect(are_points, "an array of texts contains no code points")
    largest = points.max(initial=0)
    expect(largest <= _LAST_CHARACTER, f"an array of texts contains the code point {largest}")
    return points.view(f"U{points.shape[-1]}")[..., 0]


_LAYOUTS = {"C": lambda found: found, "F": lambda found: found.T, "text": _texts}


def _number_type(name):
    expect(isinstance(name, str) and name in NUMBERS, f"it names the number type {shown(name)}")
    return np.dtype(name)


def _check_fields(node, fields, optional=()):
    expect(isinstance(node, dict), f"it contains {shown(node)}, expected an object with fields")
    found = {*node} - {"type"}
    are_right = {*fields} <= found <= {*fields, *optional}
    expect(are_right, f"a value has the fields {shown(sorted(found))}, expected {fields}")


def _part(node, name, kind=list):
    value = node.get(name)
    expect(isinstance(value, kind), f"its {name} is {shown(value)}, expected a {kind.__name__}")
    return value
