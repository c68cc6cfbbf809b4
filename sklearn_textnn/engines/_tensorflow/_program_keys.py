"""What a compiled program may be shared by.

Two fits share a program if their keys are equal, so a key has to hold everything that is built into
the graph. Keras' own objects describe themselves. Of everything else, whether layer, loss, metric
or plain function, a key holds the code and the values that the code can reach: attributes,
defaults, closures, and the globals that it names. So a class that is defined anew, another closure
or a changed global never meet an old program.
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
from typing import NamedTuple

import keras
import numpy as np

from .._models import all_layers
from .._private import decay_exemptions
from .._process import in_clean_thread

_LIBRARIES = {"keras", "sklearn_textnn", "tensorflow", "numpy", "scipy", *sys.stdlib_module_names}
_LIBRARIES -= {"__main__"}
_MOST_VALUES = 20_000  # that a key describes; code that reaches more is not traced
_HOLD_NAMES = ("name", "keras_history", "input_layers", "output_layers")  # of layers
_OWN_WAYS = ("train_step", "test_step", "compute_loss", "compute_metrics")
_PARTS = ("__func__", "__self__", "func", "args", "keywords", "fget", "fset")  # of what wraps code
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), range, slice)


class Key(NamedTuple):
    """What a program is found by.

    Parameters
    ----------
    digest : str
        SHA-256 of a description.
    held : object
        The description: as long as it lives, no other object has the identity of one in it.
    """

    digest: str
    held: object


def make_key(*parts):
    """Return the key of some descriptions and keys together."""
    text = repr([part.digest if isinstance(part, Key) else part for part in parts])
    return Key(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), parts)


class NotTraceableError(Exception):
    """The model, optimizer, loss or metric needs Keras' own training loop; the message says why."""


def model_key(model, tables):
    """Return everything that shapes a model's programs.

    Seeds and names of Keras' own layers and the size of the vocabulary play no part.

    Parameters
    ----------
    model : keras.Model
        Built, and not to be used for anything else.
    tables : sequence of int
        Which of its weights have a row per token.

    Raises
    ------
    NotTraceableError
        If the model trains in a way of its own.
    """
    for name in _OWN_WAYS:
        if getattr(type(model), name) is not getattr(keras.Model, name):
            raise NotTraceableError(f"the model has a {name} of its own")
    layers = all_layers(model)
    if any(isinstance(layer, keras.layers.Normalization) for layer in layers):
        raise NotTraceableError("what a Normalization layer learned from data is part of its graph")
    embeddings = {id(model.weights[i]) for i in tables}
    names = {
        layer.name
        for layer in layers
        if isinstance(layer, keras.layers.Embedding)
        and id(layer.embeddings) in embeddings
        and _is_of_library(type(layer))
    }
    describe = _Description(names)
    return make_key(
        _settings(),
        describe.layer(model),
        *map(describe.layer, layers),
        *(
            (bool(v.trainable), describe(v.regularizer), describe(v.constraint))
            for v in model.weights
        ),
    )


def training_key(plan, *parts):
    """Return the key of the program that trains a plan.

    The learning rate is not part of it: it is a variable.

    Parameters
    ----------
    plan : Plan
        What is to be trained.
    *parts : Key or object
        What is built into the program beside optimizer, loss and metrics: the model above all.
    """
    optimizer = plan.optimizer
    config = optimizer.get_config()
    unsupported = ("inner_optimizer", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")
    for name in unsupported:
        if config.get(name):
            raise NotTraceableError(f"the optimizer does more than a step ({name})")
    if any(decay_exemptions(optimizer).values()):
        raise NotTraceableError("some variables are exempt from weight decay")
    if not _is_of_library(type(optimizer)):
        raise NotTraceableError(f"the optimizer {type(optimizer).__name__} is not one of Keras'")
    if isinstance(config.get("learning_rate"), (int, float)):
        del config["learning_rate"]
    describe = _Description()
    return make_key(
        *parts,
        _Same(type(optimizer)),
        describe(_nameless(optimizer, config)),
        describe.code_in(vars(optimizer)),
        describe(plan.loss),
        *((metric.name, describe(metric)) for metric in plan.metrics),
    )


def _settings():
    """Return the settings of the process that layers and losses may read while they are traced."""
    config = keras.config
    return config.floatx(), config.epsilon(), config.image_data_format()


def _is_of_library(thing):
    """Return whether a class or function is one of Keras, TensorFlow, Python or this package."""
    if inspect.isfunction(thing):
        module = thing.__globals__.get("__name__")  # a decorator may have set __module__
    else:
        module = getattr(thing, "__module__", None)
    return (module or "builtins").split(".")[0] in _LIBRARIES


class _Same:
    """An object that is the same as itself only."""

    def __init__(self, thing):
        self.thing = thing

    def __repr__(self):
        return f"<{id(self.thing)}>"


class _Description:
    """Describe values by hashable ones that are equal only if they compute the same.

    Parameters
    ----------
    tables : set of str, default=()
        Names of Keras' own layers whose number of rows plays no part.
    """

    def __init__(self, tables=()):
        self._tables, self._seen, self._n_values = tables, {}, 0

    def __call__(self, value):
        """Return the description of any value."""
        self._n_values += 1
        if self._n_values > _MOST_VALUES:
            raise NotTraceableError(f"its code reaches more than {_MOST_VALUES} values")
        if isinstance(value, _PLAIN):
            return _Same(type(value)), repr(value)
        if id(value) in self._seen:
            return "seen", self._seen[id(value)][0]
        self._seen[id(value)] = len(self._seen), value  # which keeps its id from being used again
        return self._describe(value)

    def _describe(self, value):
        if isinstance(value, dict):
            return _Same(type(value)), tuple((self(k), self(v)) for k, v in value.items())
        if isinstance(value, (list, tuple)):
            return _Same(type(value)), tuple(map(self, value))
        if isinstance(value, (set, frozenset)):
            return _Same(type(value)), sorted(map(repr, map(self, value)))
        if isinstance(value, types.CodeType):
            return "code", hashlib.sha256(marshal.dumps(value, 2)).hexdigest()
        if isinstance(value, (types.MethodType, partial, property, staticmethod, classmethod)):
            return _Same(type(value)), [self(getattr(value, name, None)) for name in _PARTS]
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
            return _Same(function)
        code = function.__code__
        values = function.__defaults__, function.__kwdefaults__, vars(function)
        cells = [c.cell_contents for c in function.__closure__ or () if c != types.CellType()]
        return "function", self(code), self(values), self(cells), self._globals(function)

    def _globals(self, function):
        """Describe the globals that a function names, and what it reads of modules of the user."""
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
            return _Same(cls)
        members = []
        for base in cls.__mro__:
            if not _is_of_library(base):
                members += [(k, self(v)) for k, v in vars(base).items() if not _is_noise(k, v)]
        return _Same(cls), tuple(members)

    def _instance(self, thing):
        cls = type(thing)
        if not _is_of_library(cls):
            return self(cls), self(_state(thing))
        if hasattr(thing, "python_function"):  # a tf.function
            return self(thing.python_function)
        config = _config(thing)
        if config is not None:
            return _Same(cls), self(_nameless(thing, config)), self.code_in(vars(thing))
        text = repr(thing)
        return (_Same(cls), text) if " at 0x" not in text else _Same(thing)

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
            return _Same(cls), graph, config, self.code_in(state)
        return self(cls), graph, self(_state(layer))

    def _graph(self, model):
        """Describe which layers a model calls on what; code of the user's stands by its name."""
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
        """Describe what is not of a library among the attributes of an object that is."""
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
    """Return whether a value is a function, class or object that does not describe itself."""
    if isinstance(value, (types.MethodType, partial)):
        return True
    if inspect.isfunction(value):
        return not (_is_of_library(value) and value.__closure__ is None) or not _is_known(value)
    if inspect.isclass(value):
        return not _is_of_library(value)
    return not _is_of_library(type(value))


def _is_known(function):
    """Return whether Keras' description of an activation of this name means this function."""
    try:
        return keras.activations.get(function.__name__) is function
    except (AttributeError, ValueError):
        return False


def _has_code(operation):
    return isinstance(operation, keras.layers.Lambda) or any(
        _is_code(v) for k, v in vars(operation).items() if k not in _NOT_LOOKED_INTO
    )


def _as_array(value):
    """Return a number of NumPy, an array or a tensor that has a value as an array; else None."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    with suppress(AttributeError, NotImplementedError, ValueError):
        if keras.ops.is_tensor(value):
            return value.numpy()
    return None


def _state(thing):
    """Return the attributes of an object that may shape what it computes."""
    state = object.__getstate__(thing)  # with slots, it is a pair
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    state = (slots or {}) | (attributes or {})
    base = next((names for cls, names in _BASE_ATTRIBUTES if isinstance(thing, cls)), ())
    return {
        name: value
        for name, value in state.items()
        if name not in base or (name not in _NAMES and isinstance(value, _SETTINGS_OF_LAYERS))
    }


def _is_noise(name, member):
    """Return whether a member of a class is of no consequence for what it computes."""
    if name.startswith("__") and name.endswith("__"):
        return not inspect.isfunction(member)
    return name.startswith("_abc_") or isinstance(member, types.MemberDescriptorType)


def _names(code):
    """Return the names that code uses, that of the functions inside of it too."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return sorted({*code.co_names, *chain.from_iterable(map(_names, inner))})


def _base_attributes():
    """Return the names of the attributes that Keras itself gives to layers, models and the like."""
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
    """Return Keras' description of an object, or None."""
    if inspect.isclass(thing) or not hasattr(thing, "get_config"):
        return None
    try:
        return json.loads(
            json.dumps(
                thing.get_config(), default=keras.saving.serialize_keras_object, sort_keys=True
            )
        )
    except Exception:  # code of the user's may fail as it likes
        return None


def _nameless(thing, config, tables=()):
    return _anonymous({"class_name": type(thing).__name__, "config": config}, {}, tables)


def _anonymous(node, names, tables, *, are_names=False):
    """Return a description by Keras without names, seeds and the size of the vocabulary."""
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
