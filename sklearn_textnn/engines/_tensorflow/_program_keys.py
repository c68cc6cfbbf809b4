"""Keys of compiled programs, which state what fits have to share to share a program.

Two fits share a program if their keys are equal. So a key contains everything that is built into
the graph: descriptions of model, optimizer, loss and metrics, see ``_descriptions.py``.
"""

import hashlib
from typing import NamedTuple

import keras

from .._models import all_layers
from .._private import decay_exemptions
from . import NotTraceableError
from ._descriptions import describe_model, describe_training

_OWN_STEPS = ("train_step", "test_step", "compute_loss", "compute_metrics")
_BEYOND_STEPS = ("inner_optimizer", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")


class Key(NamedTuple):
    """Key of a program.

    Parameters
    ----------
    digest : str
        SHA-256 of a description.
    held : list of object
        Objects whose ids are in the description. As long as they exist, no others have these ids.
    """

    digest: str
    held: list


def make_key(*parts, held=()):
    """Return the key of descriptions and other keys together."""
    text = repr([part.digest if isinstance(part, Key) else part for part in parts])
    held = [*held, *(part.held for part in parts if isinstance(part, Key))]
    return Key(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), held)


def model_key(model, tables):
    """Return the key of a model.

    It does not depend on seeds, names of Keras' own layers and the size of the vocabulary.

    Parameters
    ----------
    model : keras.Model
        A built model that is not used for anything else.
    tables : sequence of int
        Indices of the weights with one row per token.

    Raises
    ------
    NotTraceableError
        If the model has a training step of its own, or a Normalization layer.
    """
    for name in _OWN_STEPS:
        if getattr(type(model), name) is not getattr(keras.Model, name):
            raise NotTraceableError(f"the model has a {name} of its own")
    layers = all_layers(model)
    if any(isinstance(layer, keras.layers.Normalization) for layer in layers):
        raise NotTraceableError("what a Normalization layer learned from data is part of its graph")
    config = keras.config  # settings that layers and losses may read while they are traced
    settings = config.floatx(), config.epsilon(), config.image_data_format()
    described, held = describe_model(model, layers, tables)
    return make_key(settings, described, held=held)


def training_key(plan, *parts):
    """Return the key of the program that trains a plan.

    It does not depend on a constant learning rate, which is a variable.

    Parameters
    ----------
    plan : Plan
        The plan to train.
    *parts : Key or object
        Further parts of the program besides optimizer, loss and metrics, above all the model.

    Raises
    ------
    NotTraceableError
        If the optimizer does more than a step, or is not one of Keras or this package.
    """
    optimizer = plan.optimizer
    config = optimizer.get_config()
    for name in _BEYOND_STEPS:
        if config.get(name):
            raise NotTraceableError(f"the optimizer does more than a step ({name})")
    if any(decay_exemptions(optimizer).values()):
        raise NotTraceableError("some variables are exempt from weight decay")
    described, held = describe_training(optimizer, config, plan.loss, plan.metrics)
    return make_key(*parts, described, held=held)
