"""Plain values and arrays to estimators; whatever does not fit is a ModelFormatError."""

from collections import Counter
from inspect import Parameter, signature
from pathlib import Path

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest

from ._checks_of_learnt import check_fitted, check_record
from ._checks_of_parameters import check_params
from ._classes import SETTINGS, TABLE
from ._container import BUILTINS, MOST_PLACES, NUMBERS, PLAIN
from ._faults import ModelFormatError, expect, shown
from ._kinds import are_texts
from ._restoring import restore

_OUTPUT, _REQUESTS = SETTINGS
_OUTPUTS = ("default", "pandas", "polars")
_FLOATS = {text: float(text) for text in ("nan", "inf", "-inf")}
_LAST_CHARACTER = 0x10FFFF
_DEEPEST = 8  # estimators in estimators, and lists in lists: time may double with every level
_WIDEST_EMPTY = 2**16  # sizes that an array without a single number can state
_MOST_OF_A_HASH = 16  # items that Python looks through one by one; by chance there are hardly two


class Decoder:
    """Puts a model together; the inverse of ``Encoder``.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The arrays by name.
    vocabularies, vectors : list of dict
        The vocabularies and pretrained vectors, taken apart.
    found : dict of str to WordVectors
        The pretrained vectors that the file only refers to, by their digest.
    same_scikit_learn : bool
        Whether the file is of this version of scikit-learn; another may have had parameters that
        are gone, which are left out then.

    Attributes
    ----------
    used : dict of tuple to ndarray
        The arrays that were asked for, by name and layout.
    seen : set of str
        Keys of the classes that were met.
    """

    def __init__(self, arrays, vocabularies, vectors, found, same_scikit_learn):
        self.arrays = arrays
        self.found = found
        self.same_scikit_learn = same_scikit_learn
        self.used = {}
        self.seen = set()
        self._depths = [0]  # of values in values, for every estimator that we are in
        self._places = Counter()
        words = [self._record(v, only="Vocabulary") for v in _list(vocabularies, "vocabularies")]
        pretrained = [self._vectors(v) for v in _list(vectors, "vectors")]
        expect(len({v.digest for v in pretrained}) == len(pretrained), "it holds vectors twice")
        self._shared = {"vocabulary": words, "vectors": pretrained}

    def value(self, node):
        """Put a value together; see `Encoder.value`."""
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
        expect(reader is not None, f"it holds a value of type {shown(kind)}, which there is not")
        _check_fields(node, fields)
        return reader(self, node)

    def estimator(self, node):
        """Put an estimator together; see `Encoder.estimator`."""
        expect(len(self._depths) <= _DEEPEST, f"it nests estimators deeper than {_DEEPEST} levels")
        self._depths.append(0)
        entry = self._entry(node["class"], is_estimator=True)
        params, fitted, settings = (
            _dict(node[part], part) for part in ("params", "fitted", "settings")
        )
        try:
            params = {name: self.value(value) for name, value in params.items()}
            estimator = self._construct(entry, params)
            fitted = {name: self.value(value) for name, value in fitted.items()}
            check_fitted(entry, estimator, fitted)
            if "_state" in fitted:
                self._count_place("trained", entry.key)  # each network takes time to build
            restore(entry, fitted)
            vars(estimator).update(fitted)
            _apply_settings(estimator, settings)
        except ModelFormatError as fault:
            raise ModelFormatError(f"{entry.key}: {fault}") from fault.__cause__
        self._depths.pop()
        return estimator

    def _construct(self, entry, params):
        """Make an estimator from its parameters; those that are not there have their defaults."""
        arguments = signature(entry.cls).parameters.values()
        known = [a.name for a in arguments if a.kind is not Parameter.VAR_KEYWORD]
        unknown = [name for name in params if name not in known]
        if entry.takes_routed:
            unknown = [name for name in unknown if "__" not in name]
        if entry.is_foreign and not self.same_scikit_learn:
            params, unknown = {k: v for k, v in params.items() if k not in unknown}, []
        expect(not unknown, f"it has no parameter {shown(unknown)}")
        estimator = entry.cls(**params)
        check_params(entry, estimator)
        return estimator

    def _entry(self, key, *, is_estimator):
        entry = TABLE.get(key) if isinstance(key, str) else None
        expect(
            entry is not None and entry.is_estimator is is_estimator,
            f"it names the class {shown(key)}, which is none that a model file can hold",
        )
        self.seen.add(key)
        return entry

    def _record(self, node, only=None):
        """Put a record together; fields that a newer version has added get their defaults."""
        _check_fields(node, ("class", "fields"))
        entry = self._entry(node["class"], is_estimator=False)
        expect(only in (None, entry.key), f"a {entry.key} stands where a {only} should")
        given = {k: self.value(v) for k, v in _dict(node["fields"], "fields").items()}
        needed, known = entry.record_fields()
        expect(
            set(needed) <= set(given) <= set(known),
            f"a {entry.key} has the fields {shown(sorted(given))}, expected {known}",
        )
        check_record(entry, given)
        return entry.cls(**given, **dict.fromkeys(entry.not_saved))

    def _number(self, node):
        """Return what parts of the model share."""
        shared, number = self._shared[node["type"]], node["number"]
        expect(
            type(number) is int and 0 <= number < len(shared),
            f"it asks for {node['type']} {shown(number)} of {len(shared)}",
        )
        if node["type"] != "vectors":
            self._count_place(node["type"], number)
        return shared[number]

    def _count_place(self, kind, name):
        self._places[kind, name] += 1
        expect(
            self._places[kind, name] <= MOST_PLACES,
            f"its {kind} {shown(name)} stands in more than {MOST_PLACES} places",
        )

    def _vectors(self, node):
        """Take pretrained vectors from the file, or from those found; their content decides."""
        _check_fields(node, ("digest", "shape"), ("words", "matrix"))
        digest, shape = node["digest"], node["shape"]
        expect(isinstance(digest, str), f"its digest of vectors is {shown(digest)}, expected a str")
        if "matrix" not in node:
            vectors = self.found[digest]
            expect(shape == [*vectors.vectors.shape], "its vectors have another shape")
            return vectors
        matrix = self.value(node["matrix"])
        expect(
            isinstance(matrix, np.ndarray) and matrix.dtype == np.float32,
            "its vectors are no array of float32",
        )
        vectors = TABLE["WordVectors"].cls(_list(node.get("words"), "words"), matrix)
        expect(vectors.digest == digest, "its vectors are not those that its digest tells")
        return vectors

    # Plain values

    def _items(self, items):
        return [item if type(item) in PLAIN else self.value(item) for item in _list(items, "items")]

    def _dict(self, node):
        keys, values = self._items(node["keys"]), self.value(node["values"])
        expect(
            isinstance(values, (list, np.ndarray)) and len(keys) == len(values),
            "a dict has not as many values as keys",
        )
        found = dict(zip(_hashable(keys), values, strict=True))
        expect(len(found) == len(keys), "a dict has a key twice")
        return found

    def _array(self, node):
        """Return an array; wherever the model shares one, the same."""
        name, layout = node["name"], node["layout"]
        expect(isinstance(name, str) and name in self.arrays, f"it asks for an array {shown(name)}")
        expect(isinstance(layout, str) and layout in _LAYOUTS, f"it has a layout {shown(layout)}")
        self._count_place("array", name)
        if (name, layout) not in self.used:
            array = self.arrays[name]
            expect(
                array.size or max(array.shape) <= _WIDEST_EMPTY,
                f"its array {shown(name)} is empty and of shape {array.shape}",
            )
            self.used[name, layout] = _LAYOUTS[layout](array)
        return self.used[name, layout]

    def _objects(self, node):
        items = self._items(node["items"])
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):
            array[i] = item
        return array

    def _scalar(self, node):
        if node["dtype"] == "str":
            expect(isinstance(node["value"], str), f"a str is {shown(node['value'])}")
            return np.str_(node["value"])
        value = self.value(node["value"])
        expect(type(value) in (bool, int, float), f"a number is {shown(value)}")
        return _number_type(node["dtype"]).type(value)


_READERS = {  # what reads a value of each type, and the fields that it has
    "array": (Decoder._array, "name", "layout"),
    "builtin": (lambda self, node: BUILTINS[node["name"]], "name"),
    "dict": (Decoder._dict, "keys", "values"),
    "dtype": (lambda self, node: _number_type(node["name"]), "name"),
    "estimator": (Decoder.estimator, "class", "params", "fitted", "settings"),
    "float": (lambda self, node: _FLOATS[node["value"]], "value"),
    "frozenset": (lambda self, node: frozenset(_hashable(self._items(node["items"]))), "items"),
    "number type": (lambda self, node: _number_type(node["name"]).type, "name"),
    "objects": (Decoder._objects, "items"),
    "path": (lambda self, node: Path(node["value"]), "value"),
    "record": (Decoder._record, "class", "fields"),
    "scalar": (Decoder._scalar, "dtype", "value"),
    "set": (lambda self, node: set(_hashable(self._items(node["items"]))), "items"),
    "tuple": (lambda self, node: tuple(self._items(node["items"])), "items"),
    "vectors": (Decoder._number, "number"),
    "vocabulary": (Decoder._number, "number"),
}


def _hashable(items):
    """Return the items of a set or dict, unless most of them were chosen to have one hash.

    Those of texts nobody can choose: they are other ones in every process.
    """
    if not are_texts(items):
        most = max(Counter(map(hash, items)).values(), default=0)
        expect(most <= _MOST_OF_A_HASH, f"{most} items of a set or dict have one hash")
    return items


def _apply_settings(estimator, settings):
    """Set what set_output and set_{method}_request had set."""
    unknown = set(settings) - set(SETTINGS)
    expect(not unknown, f"it has settings {shown(sorted(unknown))}")
    if _OUTPUT in settings:
        output = _dict(settings[_OUTPUT], _OUTPUT)
        expect(
            set(output) == {"transform"} and output["transform"] in _OUTPUTS,
            f"its output is set to {shown(output)}",
        )
        estimator._sklearn_output_config = output
    if _REQUESTS in settings:
        requests = MetadataRequest(owner=estimator)
        for method, asked in _dict(settings[_REQUESTS], _REQUESTS).items():
            expect(hasattr(requests, method), f"it requests metadata for {shown(method)}")
            for name, alias in _dict(asked, method).items():
                getattr(requests, method).add_request(param=name, alias=alias)
        estimator._metadata_request = requests


def _texts(array):
    """Return an array of texts from one of code points, a text in each row."""
    expect(
        array.dtype == np.uint32 and array.ndim > 0 and array.shape[-1] > 0,
        "an array of texts holds no code points",
    )
    expect(
        not array.size or array.max() <= _LAST_CHARACTER, "an array of texts has no such characters"
    )
    return array.view(f"U{array.shape[-1]}")[..., 0]


_LAYOUTS = {"C": lambda array: array, "F": lambda array: array.T, "text": _texts}


def _number_type(name):
    expect(isinstance(name, str) and name in NUMBERS, f"it names the number type {shown(name)}")
    return np.dtype(name)


def _check_fields(node, fields, optional=()):
    given = set(_dict(node, "value")) - {"type"}
    expect(
        set(fields) <= given <= {*fields, *optional},
        f"a value of type {shown(node.get('type'))} has {shown(sorted(given))}, expected "
        f"{sorted(fields)}",
    )


def _dict(value, name):
    expect(isinstance(value, dict), f"{name} is no object")
    return value


def _list(value, name):
    expect(isinstance(value, list), f"{name} is no list")
    return value
