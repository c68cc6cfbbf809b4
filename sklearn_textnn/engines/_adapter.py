"""The old training behind the interface of engines, until they have moved in."""

from dataclasses import dataclass, replace
from importlib import import_module
from weakref import WeakKeyDictionary

import numpy as np

from ._model_state import ModelState
from ._plan import Samples

_training = import_module("sklearn_textnn.classifiers._training")
_states = import_module("sklearn_textnn.classifiers._states")

build_model = _training.build
clear_program_cache = _training.clear_program_cache
learning_rate = _training.learning_rate
plain_keras = _training.plain_keras
_known = WeakKeyDictionary()


@dataclass
class InitialModel:
    """What is known of a model before it is trained."""

    units: int
    state: ModelState
    optimizer: object
    loss: object


@dataclass
class Training:
    """What came of a training."""

    state: ModelState
    history: dict
    engine: str


def _new(s):
    return ModelState(s.weights, s.tables, s.seeds, s.slots, s.slot_tables, s.grows)


def _old(s, architecture=""):
    arrays = [[np.array(a) for a in part] for part in (s.weights, s.seeds, s.slots)]
    weights, seeds, slots = arrays
    tables = [*s.tables]
    return _states.State(weights, tables, seeds, architecture, slots, [*s.slot_tables], s.grows)


def initial_model(network, spec):
    """Build a model once to see what it is."""
    found = _training.outline(network, spec)
    return InitialModel(found.units, _new(found.state), found.optimizer, found.loss)


def train(plan):
    """Train."""
    found = _training.outline(plan.network, replace(plan.spec, fixed_rows=None))
    names = "optimizer loss metrics callbacks epochs batch_size first_epoch patience shuffle"
    names = f"{names} run_eagerly verbose fit_arguments"
    recipe = _training.Recipe(**{name: getattr(plan, name) for name in names.split()})
    state, history = _training.train(
        plan.network,
        plan.spec,
        _negative(plan, plan.data),
        recipe,
        _old(plan.start, found.state.architecture),
        _negative(plan, plan.validation),
        keep_slots=plan.keep_slots,
    )
    return Training(_new(state), history, "")


def _negative(plan, data):
    n, rows = plan.spec.n_tokens, plan.spec.fixed_rows
    if data is None or rows is None:
        return data
    return Samples(np.where(n <= data.X, n - 1 - data.X, data.X), data.y, data.weight)


def predict(network, spec, state, X):
    """Run the network forward."""
    old = _known.get(state)
    if old is None:
        old = _known[state] = _old(state)
        _training.recognise(network, spec, old)
    return _training.predict(network, spec, old, X)
