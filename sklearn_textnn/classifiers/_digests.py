"""What a compiled program may be shared by: digests of models, keys of recipes.

Two fits share a program if their digests are equal, so a digest has to tell everything that shapes
the graph. Keras' own layers describe themselves fully; code of a user's does not, and is refused.
"""

import hashlib
import inspect
import json

import keras

from ._states import all_layers

_HOLD_NAMES = ("name", "keras_history", "input_layers", "output_layers")  # of layers


class NotCompilableError(Exception):
    """The model, optimizer or loss needs Keras' own training loop."""


def architecture_of(model, tables):
    """Return a digest of everything that shapes a model's program.

    Seeds, names and the size of the vocabulary play no part.

    Parameters
    ----------
    model : keras.Model
        Any built model.
    tables : set of str
        Names of the layers with a row per token.

    Returns
    -------
    str or None
        None where the model does not describe itself, or trains in a way of its own.
    """
    own_ways = ("train_step", "test_step", "compute_loss", "compute_metrics")
    if any(getattr(type(model), name) is not getattr(keras.Model, name) for name in own_ways):
        return None
    if not all(map(_is_described, all_layers(model))):
        return None
    try:
        config = _anonymous(json.loads(model.to_json()), {}, tables)
    except Exception:  # subclassed models, layers without get_config, code of the user's
        return None
    text = json.dumps(config, sort_keys=True)
    trainable = [bool(v.trainable) for v in model.weights]
    return hashlib.sha256(f"{keras.__version__} {trainable} {text}".encode()).hexdigest()


def _is_described(layer):
    """Whether the description of a layer tells all that it computes.

    That of a user's class or function holds its name only, and another of the same name may do
    something else. What Normalization learnt from data is built into its graph.
    """
    functions = [v for k, v in vars(layer).items() if k.endswith("activation") and v is not None]
    return (
        _is_ours(type(layer).__module__)
        and not isinstance(layer, keras.layers.Normalization)
        and all(map(_is_named_activation, functions))
    )


def _is_named_activation(function):
    try:
        return keras.activations.get(function.__name__) is function
    except (AttributeError, ValueError):
        return False


def _is_ours(module):
    return (module or "keras").split(".")[0] in ("keras", "sklearn_textnn", "tensorflow")


def _anonymous(node, names, tables, *, are_names=False):
    if isinstance(node, list):
        return [_anonymous(item, names, tables, are_names=are_names) for item in node]
    if not isinstance(node, dict):
        return names.get(node, node) if are_names and isinstance(node, str) else node
    module, kind = node.get("module"), node.get("class_name")
    if kind == "__lambda__" or not _is_ours(module):
        raise NotCompilableError(f"the model holds code of the user's: {kind}")
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
        if k != "compile_config"
    }


def recipe_key(recipe):
    """Return what of a recipe is built into a program: not the learning rate, a variable."""
    config = recipe.optimizer.get_config()
    if isinstance(config.get("learning_rate"), (int, float)):
        del config["learning_rate"]
    unsupported = ("inner_optimizer", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")
    if any(config.get(name) for name in unsupported):
        raise NotCompilableError("the optimizer does more than a step")
    exempt = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    if any(getattr(recipe.optimizer, name, None) for name in exempt):
        raise NotCompilableError("some variables are exempt from weight decay")
    try:
        others = [(thing, thing.get_config()) for thing in (recipe.loss, *recipe.metrics)]
    except TypeError as error:  # Keras does not describe every callable
        raise NotCompilableError(str(error)) from None
    return (
        _description(recipe.optimizer, config),
        *((thing.name, _description(thing, config)) for thing, config in others),
    )


def _description(thing, config):
    """Return type, configuration and, where it wraps one, function of a Keras object.

    Code of the user's may depend on more than that, so it is not shared.
    """
    while hasattr(thing, "inner"):
        thing = thing.inner
    wrapped = [getattr(thing, name, None) for name in ("function", "fn", "_fn")]
    function = next((f for f in wrapped if f is not None), None)
    parts = [thing, function, getattr(thing, "_learning_rate", None)]
    codes = [p if inspect.isfunction(p) else type(p) for p in parts if p is not None]
    if not all(_is_ours(getattr(code, "__module__", "")) for code in codes):
        raise NotCompilableError(f"{type(thing).__name__} holds code of the user's")
    config = {k: v for k, v in config.items() if k not in ("name", "fn")}  # Keras counts names up
    return type(thing), function, json.dumps(config, sort_keys=True, default=repr)
