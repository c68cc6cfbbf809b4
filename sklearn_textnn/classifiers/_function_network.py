"""A SciKeras-style function as a network."""

import dataclasses
import inspect
import random
import threading
import weakref
from contextlib import contextmanager

import keras
import numpy as np
from sklearn.utils.multiclass import type_of_target

from ..engines import last_operation
from ._parameter_routing import check_call

_BUILDING = threading.RLock()
_returned = weakref.WeakSet()  # models of all functions
_PROVIDED = ("meta", "compile_kwargs")


class FunctionNetwork:
    """A function such as ``create_model(num_filters, ..., meta)`` with its arguments.

    Parameters
    ----------
    function : callable
        Returns a Keras model, compiled or not.
    arguments : dict
        The routed ``model__*`` parameters.
    meta : dict
        SciKeras' keys: ``n_features_in_``, ``n_classes_``, ``target_type_``, ...; `build` adds the
        fields of the :class:`NetworkSpec`.
    compile_kwargs : dict
        Optimizer, loss and metrics of the classifier, for functions that compile the model.
    reads : {"ids", "features"}
        What X holds.
    n_tokens : int or None
        The number of rows that a token table needs in this fit.

    Raises
    ------
    ValueError
        If the function does not take one of the arguments.
    """

    def __init__(self, function, arguments, meta, compile_kwargs, reads, n_tokens):
        name = getattr(function, "__name__", "the function")
        check_call(arguments, function, "model", name, reserved=_PROVIDED)
        self.function = function
        self.arguments = dict(arguments)
        self.meta = meta
        self.compile_kwargs = compile_kwargs
        self.reads = reads
        self.n_tokens = n_tokens
        self.forgets = None  # after build: name of a recurrent layer that reads trailing padding
        self._provided = [p for p in _PROVIDED if p in inspect.signature(function).parameters]

    def build(self, spec):
        """Call the function; layers without a seed get one from `spec.seed`."""
        if spec.vector_dim is not None and spec.table is None:  # rebuilt for trained weights
            table = np.zeros((spec.n_tokens, spec.vector_dim), np.float32)
            spec = dataclasses.replace(spec, table=table)
        provided = {
            "meta": self.meta | {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec)},
            "compile_kwargs": self.compile_kwargs,
        }
        with _seeded_layers(spec.seed_for("function")):
            model = self.function(**self.arguments, **{k: provided[k] for k in self._provided})
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"model={self.function!r} returned {type(model).__name__}, expected a keras.Model."
            )
        if model in _returned:
            raise ValueError(
                f"model={self.function!r} returned the same model twice, expected a new one at "
                "each call, so that every fit starts afresh: build the model inside the function."
            )
        _returned.add(model)
        if not model.built or not (model.weights or all(layer.built for layer in model.layers)):
            raise ValueError(
                f"model={self.function!r} returned a model without an input shape; add "
                "keras.Input((meta['n_features_in_'],)) as its first layer, or call it on one."
            )
        last = last_operation(model)
        if getattr(last, "activation", None) is keras.activations.linear:
            raise ValueError(
                f"model={self.function!r} ends in layer {last.name!r} without an activation, "
                "expected probabilities: end it with activation=meta['output_activation'], and "
                "give the loss without from_logits=True."
            )
        self.forgets = _layer_that_forgets(model)
        if spec.n_tokens == self.n_tokens:  # else it is built to see which weights grow with it
            _check_sizes(model, spec, self.function)
        return model


def _check_sizes(model, spec, function):
    """Refuse hard-coded sizes that do not match the data of this fit."""
    if not getattr(model, "inputs", None):  # a subclass, whose input shape is not known
        return
    width, name = spec.maxlen, "maxlen"
    if spec.n_features is not None:
        width, name = spec.n_features, "n_features_in_"
    shape = model.inputs[0].shape
    if len(shape) == 2 and shape[1] not in (None, width):
        raise ValueError(
            f"model={function!r} returned a model for X of {shape[1]} columns, but X has {width}. "
            f'Take the size from meta["{name}"]: keras.Input((meta["{name}"],)).'
        )
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Embedding) or spec.n_tokens is None:
            continue
        if layer.input is model.inputs[0] and layer.input_dim < spec.n_tokens:
            raise ValueError(
                f"model={function!r} returned a model whose layer {layer.name!r} has "
                f"{layer.input_dim} rows, but token ids go up to {spec.n_tokens - 1}, the padding "
                '0 included. Take the number from meta["n_tokens"]: '
                'keras.layers.Embedding(meta["n_tokens"], ...).'
            )


def _layer_that_forgets(model):
    """Return the name of a recurrent layer that reads the padding after a text last, or None."""
    layers, inside = keras.layers, list(_layers_inside(model))
    if any(isinstance(x, layers.Masking) or getattr(x, "mask_zero", False) for x in inside):
        return None
    forward = (
        layer.name
        for layer in inside
        if isinstance(layer, layers.RNN) and not (layer.return_sequences or layer.go_backwards)
    )
    return next(forward, None)


def _layers_inside(model):
    for layer in model.layers:
        yield from _layers_inside(layer) if isinstance(layer, keras.Model) else (layer,)


@contextmanager
def _seeded_layers(seed):
    """Make the seeds of layers and initializers reproducible.

    Keras draws missing seeds from Python's global generator. Its state is restored afterwards, and
    only one model is built at a time.
    """
    with _BUILDING:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def function_meta(inputs, head, y):
    """Return the keys that SciKeras passes to a function in `meta`.

    Parameters
    ----------
    inputs : Inputs
        X as the network reads it.
    head : Head
        The kind of target.
    y : ndarray
        Labels.

    Returns
    -------
    dict
    """
    return {
        "n_features_in_": inputs.columns["n_features_in_"],
        "X_shape_": inputs.matrix.shape,
        "X_dtype_": inputs.matrix.dtype,
        "y_dtype_": y.dtype,
        "target_type_": type_of_target(y),
        "classes_": head.classes,
        "n_classes_": len(head.classes),
        "n_outputs_": head.n_outputs,
        "n_outputs_expected_": head.n_outputs,
    }
