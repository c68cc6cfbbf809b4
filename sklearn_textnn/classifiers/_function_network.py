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
from ._parameter_routing import check_arguments

_BUILDING = threading.RLock()
_handed_out = weakref.WeakSet()
_PROVIDED = ("meta", "compile_kwargs")


class FunctionNetwork:
    """``create_model(num_filters, kernel_size, ..., meta)``, with its arguments filled in.

    Parameters
    ----------
    function : callable
        Returns a Keras model, compiled or not.
    arguments : dict
        The routed ``model__*`` parameters.
    meta : dict
        SciKeras' keys: ``n_features_in_``, ``n_classes_``, ``target_type_``, ...; the fields of
        the :class:`NetworkSpec` are added when the model is built.
    compile_kwargs : dict
        What the classifier was given to compile with, for functions that compile.
    reads : {"ids", "features"}
        What X holds.
    n_tokens : int or None, default=None
        Rows that a token table needs for the data of this fit.

    Raises
    ------
    ValueError
        If the function does not take one of the arguments.
    """

    def __init__(self, function, arguments, meta, compile_kwargs, reads, n_tokens=None):
        parameters = inspect.signature(function).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        accepted = [*arguments] if takes_any else [p for p in parameters if p not in _PROVIDED]
        check_arguments(arguments, accepted, "model", getattr(function, "__name__", "the function"))
        self.function = function
        self.arguments = dict(arguments)
        self.meta = meta
        self.compile_kwargs = compile_kwargs
        self.reads = reads
        self.n_tokens = n_tokens
        self.forgets = None  # name of a layer that forgets texts padded behind, once it is built
        self._provided = [p for p in _PROVIDED if p in parameters]

    def build(self, spec):
        """Call the function; its unseeded layers draw from `spec.seed`."""
        if spec.vector_dim is not None and spec.table is None:  # built again, for trained weights
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
        if model in _handed_out:
            raise ValueError(
                f"model={self.function!r} returned the same model twice, expected a new one at "
                "each call, so that every fit starts afresh: build the model inside the function."
            )
        _handed_out.add(model)
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
        if spec.n_tokens == self.n_tokens:  # else it is built to see what grows with the vocabulary
            _check_sizes(model, spec, self.function)
        return model


def _check_sizes(model, spec, function):
    """Refuse sizes that were counted by hand and do not fit the data of this fit."""
    if not getattr(model, "inputs", None):  # a class of the user's that does not say its shapes
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
    """Return the name of a recurrent layer that ends in the padding behind a text, or None."""
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
    """Give layers and initializers without a seed reproducible ones.

    Keras draws their seeds from Python's global generator when they are made. Its state is put back
    afterwards, and one model is built at a time.
    """
    with _BUILDING:
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def function_meta(inputs, head, y):
    """Return what SciKeras tells a function as `meta`.

    Parameters
    ----------
    inputs : Inputs
        X as the network takes it.
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
