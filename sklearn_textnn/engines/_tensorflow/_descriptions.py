"""Descriptions of what is built into a graph, equal only for equal computations.

Objects of Keras have configs. All other layers, losses, metrics and functions are described by
their code and the values that it can reach: attributes, defaults, closures, and globals by name. So
a redefined class, another closure and a changed global lead to another description.
"""

import hashlib
import inspect
import json
import marshal
import sys
import types
from contextlib import suppress
from functools import partial
from itertools import chain

import keras
import numpy as np

from .._process import in_clean_thread
from . import NotTraceableError

_LIBRARIES = {"keras", "sklearn_textnn", "tensorflow", "numpy", "scipy", *sys.stdlib_module_names}
_LIBRARIES -= {"__main__"}
_MOST_VALUES = 20_000  # in a description; code that reaches more is not traced
_HOLD_NAMES = ("name", "keras_history", "input_layers", "output_layers")  # in configs of models
_PARTS = ("__func__", "__self__", "func", "args", "keywords", "fget", "fset")  # of wrapped code
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), range, slice)


def describe_model(model, layers, tables):
    """Describe a model, its layers and weights.

    Parameters
    ----------
    model : keras.Model
        A built model.
    layers : list of keras.layers.Layer
        All its layers.
    tables : sequence of int
        Indices of the weights whose number of rows does not matter.

    Returns
    -------
    described : list
        Plain values.
    held : list of object
        Objects whose ids are among these.
    """
    embeddings = {id(model.weights[i]) for i in tables}
    names = {
        layer.name
        for layer in layers
        if isinstance(layer, keras.layers.Embedding)
        and id(layer.embeddings) in embeddings
        and _is_of_library(type(layer))
    }
    describe = _Description(names)
    described = [
        *map(describe.layer, [model, *layers]),
        *(
            (bool(v.trainable), describe(v.regularizer), describe(v.constraint))
            for v in model.weights
        ),
    ]
    return described, [*describe.held.values()]


def describe_training(optimizer, config, loss, metrics):
    """Describe an optimizer, a loss and metrics.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        One of Keras or this package.
    config : dict
        Its config. A constant learning rate does not matter.
    loss, metrics : keras.losses.Loss, list of keras.metrics.Metric
        Of any class.

    Returns
    -------
    described, held
        As for `describe_model`.
    """
    if not _is_of_library(type(optimizer)):
        raise NotTraceableError(f"the optimizer {type(optimizer).__name__} is not one of Keras'")
    if isinstance(config.get("learning_rate"), (int, float)):  # else a schedule
        config = {k: v for k, v in config.items() if k != "learning_rate"}
    describe = _Description()
    described = [
        describe(type(optimizer)),
        describe(_nameless(optimizer, config)),
        describe.code_in(vars(optimizer)),
        describe(loss),
        *((metric.name, describe(metric)) for metric in metrics),
    ]
    return described, [*describe.held.values()]


def _is_of_library(thing):
    """Return whether a class or function is from Python, this package or one that it builds on."""
    if inspect.isfunction(thing):
        module = thing.__globals__.get("__name__")  # a decorator may have set __module__
    else:
        module = getattr(thing, "__module__", None)
    return (module or "builtins").split(".")[0] in _LIBRARIES


class _Description:
    """Function from values to descriptions, which are equal only for equal computations.

    Parameters
    ----------
    tables : set of str, default=()
        Names of Keras' own layers whose number of rows does not matter.

    Attributes
    ----------
    held : dict of int to object
        The objects whose ids are in descriptions.
    """

    def __init__(self, tables=()):
        self.held = {}
        self._tables, self._seen, self._n_values = tables, {}, 0

    def __call__(self, value):
        """Describe any value."""
        self._n_values += 1
        if self._n_values > _MOST_VALUES:
            raise NotTraceableError(f"its code reaches more than {_MOST_VALUES} values")
        if isinstance(value, _PLAIN):
            return self._same(type(value)), repr(value)
        if id(value) in self._seen:
            return "seen", self._seen[id(value)][0]
        self._seen[id(value)] = len(self._seen), value  # the reference keeps the id unique
        return self._describe(value)

    def _same(self, thing):
        """Describe an object that equals only itself."""
        self.held[id(thing)] = thing
        return f"<{id(thing)}>"

    def _describe(self, value):
        if isinstance(value, dict):
            return self._same(type(value)), tuple((self(k), self(v)) for k, v in value.items())
        if isinstance(value, (list, tuple)):
            return self._same(type(value)), tuple(map(self, value))
        if isinstance(value, (set, frozenset)):
            return self._same(type(value)), sorted(map(repr, map(self, value)))
        if isinstance(value, types.CodeType):
            return "code", hashlib.sha256(marshal.dumps(value, 2)).hexdigest()
        if isinstance(value, (types.MethodType, partial, property, staticmethod, classmethod)):
            return self._same(type(value)), [self(getattr(value, name, None)) for name in _PARTS]
        if inspect.isfunction(value):
            return self._function(value)
        if inspect.isclass(value):
            return self._class(value)
        if isinstance(value, keras.Variable):
            return "variable", tuple(value.shape), value.dtype, value.trainable
        array = _as_array(value)
        if array is not None:
            return self._array(array)
        if isinstance(value, keras.layers.Layer):
            return self.layer(value)
        return self._instance(value)

    def _array(self, array):
        if array.dtype == object:
            return "array", array.shape, tuple(map(self, array.ravel().tolist()))
        digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
        return "array", array.shape, array.dtype.str, digest

    def _function(self, function):
        if _is_of_library(function) and function.__closure__ is None:
            return self._same(function)
        code = function.__code__
        values = function.__defaults__, function.__kwdefaults__, vars(function)
        cells = [c.cell_contents for c in function.__closure__ or () if c != types.CellType()]
        return "function", self(code), self(values), self(cells), self._globals(function)

    def _globals(self, function):
        """Describe the globals that a function uses, and their attributes in a user's modules."""
        names, known = _names(function.__code__), function.__globals__
        described = []
        for name in names:
            value = known.get(name)
            described.append((name, self(value)))
            if inspect.ismodule(value) and value.__name__.split(".")[0] not in _LIBRARIES:
                members = [n for n in names if n in vars(value)]
                described += [(n, self(vars(value)[n])) for n in members]
        return tuple(described)

    def _class(self, cls):
        if _is_of_library(cls):
            return self._same(cls)
        members = []
        for base in cls.__mro__:
            if not _is_of_library(base):
                members += [(k, self(v)) for k, v in vars(base).items() if not _is_noise(k, v)]
        return self._same(cls), tuple(members)

    def _instance(self, thing):
        cls = type(thing)
        if not _is_of_library(cls):
            return self(cls), self(_state(thing))
        if hasattr(thing, "python_function"):  # a tf.function
            return self(thing.python_function)
        config = _config(thing)
        if config is not None:
            return self._same(cls), self(_nameless(thing, config)), self.code_in(vars(thing))
        text = repr(thing)
        return (self._same(cls), text) if " at 0x" not in text else self._same(thing)

    def layer(self, layer):
        """Describe a layer, model or other operation."""
        cls, state = type(layer), vars(layer)
        self._seen.setdefault(id(layer), (len(self._seen), layer))
        graph = None
        if getattr(layer, "inputs", None) and isinstance(layer, keras.Model):
            graph = self._graph(layer)
        if _is_of_library(cls) and not isinstance(layer, keras.layers.Lambda):
            config = None if graph is not None else _config(layer)
            if config is not None:
                config = self(_nameless(layer, config, self._tables))
            return self._same(cls), graph, config, self.code_in(state)
        return self(cls), graph, self(_state(layer))

    def _graph(self, model):
        """Describe which layers a model calls on what, a user's layers by their names only."""
        plain = keras.Model(model.inputs, model.outputs)
        own = [o for o in plain.operations if not _is_of_library(type(o)) or _has_code(o)]
        for operation in own:
            operation.get_config = partial(dict, name=operation.name)
        try:
            text = json.dumps(
                _anonymous(json.loads(plain.to_json()), {}, self._tables), sort_keys=True
            )
        except Exception as error:
            raise NotTraceableError(f"Keras cannot describe the model ({error})") from None
        finally:
            for operation in own:
                del operation.get_config
        others = [o for o in own if not isinstance(o, keras.layers.Layer)]
        return text, tuple(self(o) for o in others)

    def code_in(self, attributes):
        """Describe the attributes of a library's object that come from elsewhere."""
        found = []
        for name, value in attributes.items():
            if isinstance(value, keras.layers.Layer) or name in _NOT_LOOKED_INTO:
                continue  # each layer is described on its own
            if _is_code(value):
                found.append((name, self(value)))
            elif _config(value) is not None:
                inner = self.code_in(vars(value))
                found += [(name, inner)] if inner else []
        return tuple(found)


def _is_code(value):
    """Return whether a value is code, or of a class, that the config of its owner lacks."""
    if isinstance(value, (types.MethodType, partial)):
        return True
    if inspect.isfunction(value):
        return not (_is_of_library(value) and value.__closure__ is None) or not _is_known(value)
    if inspect.isclass(value):
        return not _is_of_library(value)
    return not _is_of_library(type(value))


def _is_known(function):
    """Return whether a function is the activation that Keras finds under its name."""
    try:
        return keras.activations.get(function.__name__) is function
    except (AttributeError, ValueError):
        return False


def _has_code(operation):
    return isinstance(operation, keras.layers.Lambda) or any(
        _is_code(v) for k, v in vars(operation).items() if k not in _NOT_LOOKED_INTO
    )


def _as_array(value):
    """Return a NumPy number, an array or a tensor with a value as an array; else None."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    with suppress(AttributeError, NotImplementedError, ValueError):
        if keras.ops.is_tensor(value):
            return value.numpy()
    return None


def _state(thing):
    """Return the attributes of an object that may affect what it computes."""
    state = object.__getstate__(thing)  # a pair if there are slots
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    state = (slots or {}) | (attributes or {})
    base = next((names for cls, names in _BASE_ATTRIBUTES if isinstance(thing, cls)), ())
    return {
        name: value
        for name, value in state.items()
        if name not in base or (name not in _NAMES and isinstance(value, _SETTINGS_OF_LAYERS))
    }


def _is_noise(name, member):
    """Return whether a member of a class cannot affect what it computes."""
    if name.startswith("__") and name.endswith("__"):
        return not inspect.isfunction(member)
    return name.startswith("_abc_") or isinstance(member, types.MemberDescriptorType)


def _names(code):
    """Return the names that code uses, including nested functions."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return sorted({*code.co_names, *chain.from_iterable(map(_names, inner))})


def _base_attributes():
    """Return the names of the attributes that Keras sets on models, layers, losses and metrics."""
    x = keras.Input((1,))
    models = keras.Model(x, keras.layers.Flatten()(x)), keras.Sequential([x]), keras.Model()
    metric = keras.metrics.Metric(name="metric")
    return (
        (keras.Model, {name for model in models for name in vars(model)}),
        (keras.layers.Layer, {*vars(keras.layers.Layer())}),
        (keras.losses.Loss, {*vars(keras.losses.Loss())}),
        (keras.metrics.Metric, {*vars(metric)}),
    )


_BASE_ATTRIBUTES = in_clean_thread(_base_attributes)
_NOT_LOOKED_INTO = set().union(*(names for _, names in _BASE_ATTRIBUTES)) - {"activity_regularizer"}
_NAMES = {"name", "_path", "_parent_path"}
_SETTINGS_OF_LAYERS = (*_PLAIN, keras.DTypePolicy)


def _config(thing):
    """Return the config of a Keras object as plain values, or None if there is none."""
    if inspect.isclass(thing) or not hasattr(thing, "get_config"):
        return None
    try:
        return json.loads(
            json.dumps(
                thing.get_config(), default=keras.saving.serialize_keras_object, sort_keys=True
            )
        )
    except Exception:  # a user's code may raise anything
        return None


def _nameless(thing, config, tables=()):
    """Return a class name and config without names, seeds and the size of the vocabulary."""
    return _anonymous({"class_name": type(thing).__name__, "config": config}, {}, tables)


def _anonymous(node, names, tables, *, are_names=False):
    """Return nested configs without seeds and vocabulary sizes, with layers numbered by name."""
    if isinstance(node, list):
        return [_anonymous(item, names, tables, are_names=are_names) for item in node]
    if not isinstance(node, dict):
        return names.get(node, node) if are_names and isinstance(node, str) else node
    config = node.get("config")
    if isinstance(config, dict):
        if "name" in config and not str(node.get("class_name")).endswith("Policy"):
            names.setdefault(config["name"], f"#{len(names)}")
        config = {k: v for k, v in config.items() if k != "seed"}
        if "input_dim" in config and config.get("name") in tables:
            config = config | {"input_dim": None, "n_fixed": bool(config.get("n_fixed"))}
        node = node | {"config": config}
    return {
        k: _anonymous(v, names, tables, are_names=k in _HOLD_NAMES)
        for k, v in node.items()
        if k not in ("compile_config", "build_config")
    }
