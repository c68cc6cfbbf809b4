"""Building of Keras models, and their properties before training."""

from collections import deque
from dataclasses import replace

import keras
import numpy as np

from ..networks import is_ours
from ._model_state import ModelState
from ._plan import InitialModel
from ._process import check_precision, check_settings, in_checked_process, in_clean_thread


def build_model(network, spec, weights=None):
    """Build a new model, with `weights` if passed.

    Parameters
    ----------
    network : object with ``build(spec)``
        The architecture.
    spec : NetworkSpec
        Sizes, dtype and seed.
    weights : sequence of ndarray, default=None
        In the order of ``keras.Model.weights``.

    Returns
    -------
    keras.Model
    """
    return in_checked_process(_build, network, spec, weights)


def _build(network, spec, weights=None):
    if not is_ours(network):
        check_settings("floatx", "image_data_format")
    check_precision(spec.dtype)
    model = network.build(spec)
    if weights is not None:
        model.set_weights(list(weights))
    return model


def average_model(models):
    """Return one model that averages the outputs of some models with equal inputs.

    Parameters
    ----------
    models : list of keras.Model
        Built models, which become parts of the new one.

    Returns
    -------
    keras.Model
    """
    return in_clean_thread(_average_model, models)


def _average_model(models):
    for i, model in enumerate(models):
        model.name = f"member_{i}"
    first = models[0].inputs[0]
    inputs = keras.Input(first.shape[1:], dtype=first.dtype, name="inputs")
    outputs = [model(inputs) for model in models]
    mean = keras.layers.Average(dtype=outputs[0].dtype, name="average")(outputs)
    return keras.Model(inputs, mean, name="members")


def inspect_model(network, spec):
    """Build a model once, and return it with its properties as an `InitialModel`."""
    model = _build(network, spec)
    weights = model.get_weights()
    tables = token_tables(network, spec, model)
    state = ModelState(
        weights=weights,
        tables=tables,
        seeds=[np.asarray(v) for v in random_states(model)],
        grows=bool(tables)
        and spec.table is not None
        and all(np.array_equal(weights[i], spec.table) for i in tables),
    )
    return model, InitialModel(
        units=output_of(model, spec).shape[-1],
        activation=_activation_of(last_operation(model)),
        state=state,
        optimizer=model.optimizer if model.compiled else None,
        loss=model.loss if model.compiled else None,
    )


def last_operation(model):
    """Return the last operation that changes values, or None if no operation is known."""
    values = getattr(model, "operations", None) or model.layers
    for operation in reversed(values):
        if isinstance(operation, keras.Model):
            return last_operation(operation)
        if not _changes_nothing(operation):
            return operation
    return None


def _changes_nothing(operation):
    """Return whether an operation changes no values, such as the cast after mixed precision."""
    layers = keras.layers
    if isinstance(operation, layers.Activation):
        return operation.activation is keras.activations.linear
    return isinstance(operation, (layers.Identity, layers.Reshape, layers.Flatten))


def _activation_of(operation):
    if type(operation).__name__ == "Softmax":  # the layer, or keras.ops.softmax in a model
        return "softmax"
    return getattr(getattr(operation, "activation", None), "__name__", None)


def token_tables(network, spec, model):
    """Return the indices of the weights with one row per token.

    Another table may happen to have as many rows. In models that are not from this package, only
    tables that grow with the vocabulary count.
    """
    paths = {id(v): i for i, v in enumerate(model.weights)}
    found = [
        paths[id(layer.embeddings)]
        for layer in all_layers(model)
        if isinstance(layer, keras.layers.Embedding) and layer.input_dim == spec.n_tokens
    ]
    if not found or is_ours(network):
        return sorted(found)
    rows = [w.shape[:1] for w in model.weights]
    grown = _build(network, replace(spec, n_tokens=spec.n_tokens + 1, table=None))
    pairs = enumerate(zip(rows, grown.weights, strict=True))
    follow = {i for i, (before, other) in pairs if other.shape[:1] != before}
    return sorted(follow & set(found))


def all_layers(model):
    """Return all layers, including those inside models, wrappers and recurrent layers."""
    seen, layers, waiting = set(), [], deque(vars(model).values())
    while waiting:
        thing = waiting.popleft()
        is_layer = isinstance(thing, keras.layers.Layer)
        if id(thing) in seen or not (is_layer or isinstance(thing, (list, tuple, dict))):
            continue
        seen.add(id(thing))
        if is_layer:
            layers.append(thing)
            thing = vars(thing)
        waiting.extend(thing.values() if isinstance(thing, dict) else thing)
    return [layer for layer in layers if layer is not model]


def input_of(model, spec):
    """Return the symbolic input of a model, with shape and dtype."""
    if getattr(model, "inputs", None):
        return model.inputs[0]
    if spec.n_features is None:
        return keras.KerasTensor((None, spec.maxlen), dtype="int32")
    return keras.KerasTensor((None, spec.n_features), dtype=spec.dtype)


def output_of(model, spec):
    """Return the symbolic output of a model, with shape and dtype."""
    if getattr(model, "outputs", None):
        return model.outputs[0]
    return model.compute_output_spec(input_of(model, spec))


def random_states(model):
    """Return the states of random layers: the variables that are not weights."""
    weights = {id(v) for v in model.weights}
    return [v for v in model.variables if id(v) not in weights]


def with_fixed_rows(plan, full):
    """Return a plan whose weights include the rows that are not trained, and their indices.

    Parameters
    ----------
    plan : Plan
        A plan whose ``spec.fixed_rows`` are vectors of words without a row in the table.
    full : ModelState
        Initial weights of the model that includes those rows.

    Returns
    -------
    plan : Plan
        With all weights of that model.
    places : list of int
        Indices of the weights that are looked up and never trained.
    """
    rows = plan.spec.fixed_rows.astype(plan.spec.dtype)
    places = [i for i, weight in enumerate(full.weights) if np.array_equal(weight, rows)]
    if len(places) != len(full.weights) - len(plan.start.weights):
        raise ValueError(
            f"{type(plan.network).__name__} cannot look up vectors beside its table: its build "
            "has to use sklearn_textnn.networks.embed."
        )
    rest = iter(plan.start.weights)
    weights = [w if i in places else next(rest) for i, w in enumerate(full.weights)]
    return replace(plan, start=replace(plan.start, weights=weights, tables=full.tables)), places
