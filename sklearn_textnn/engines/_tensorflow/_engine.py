"""TensorFlow's compiled programs as an engine."""

import contextlib
import time
import weakref
from dataclasses import replace

import numpy as np

from ...networks import is_ours
from .._callbacks import sees_batches
from .._models import token_tables
from .._plan import epoch_order
from .._process import in_clean_thread
from ._batches import kind_of
from ._forward_program import ForwardProgram
from ._program_cache import program_for
from ._program_keys import NotTraceableError, make_key, model_key, training_key
from ._training_program import Run, TrainingProgram
from ._watched_model import WatchedModel

NAME = "TensorFlow program"

_found = weakref.WeakKeyDictionary()  # programs of plans that are about to be trained
_model_keys = weakref.WeakKeyDictionary()  # of networks, for each spec


def supports(plan):
    """Return None if a program can train this plan, else the reason why not."""
    try:
        _program(plan)
    except NotTraceableError as error:
        return str(error)
    return None


def train(plan):
    """Train, an epoch a call; return the state and the history."""
    run = Run(_program(plan), plan)
    watched = WatchedModel(plan, run) if plan.callbacks else None
    history, lowest, best, waited = {}, np.inf, None, 0
    monitor, mode = plan.monitor
    for epoch in range(plan.epochs):
        began = time.perf_counter()
        if plan.tasks is not None:
            plan.tasks.begin()
        if watched:
            watched.tell("on_epoch_begin", plan.first_callback_epoch + epoch)
        logs = run.epoch(epoch_order(plan, len(plan.data.y), epoch), plan.batch_size)
        if plan.score is not None:
            logs["val_score"] = plan.score(run.weights())
        if watched:
            logs = watched.tell("on_epoch_end", plan.first_callback_epoch + epoch, logs)
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        if plan.verbose:
            plan.lines.say_epoch(epoch, plan.epochs, time.perf_counter() - began, logs)
        stop = plan.tasks is not None and plan.tasks.end(logs, run.weights)
        if not np.isfinite(logs["loss"]) or (watched and watched.model.stop_training):
            break
        if plan.patience is not None:
            waited += 1
            value = -logs[monitor] if mode == "max" else logs[monitor]
            if value < lowest:
                lowest, best, waited = value, run.weights(), 0
            elif waited >= plan.patience and epoch > 0:
                break
        if stop:
            break
    if watched:
        watched.tell("on_train_end")
    return run.state(best), history


def predictor(network, spec, state, *, is_sparse):
    """Return a function from network, spec, state and X to outputs, or None."""
    trims = getattr(network, "ignores_padding", False)
    try:
        key = make_key("forward", _model_key(network, spec), is_sparse, trims)
    except NotTraceableError:
        return None

    def make(network, spec, tables):
        return ForwardProgram(network, spec, tables, is_sparse=is_sparse, trims=trims)

    variables = []

    def predict(network, spec, state, X):
        program = program_for(key, lambda: make(network, spec, state.tables))
        if not variables:
            variables.append(in_clean_thread(program.variables, state))
        return program(X, variables[0])

    with contextlib.suppress(NotTraceableError):
        program_for(key, lambda: make(network, spec, state.tables))
        return predict
    return None


def _program(plan):
    """Return the program of a plan; raise NotTraceableError where there can be none."""
    if plan in _found:
        return _found[plan]
    if any(map(sees_batches, plan.callbacks)):
        raise NotTraceableError("a callback looks at every batch")
    if plan.fit_arguments:
        raise NotTraceableError(
            f"fit__{next(iter(plan.fit_arguments))} is an argument of Keras' fit"
        )
    if plan.run_eagerly:
        raise NotTraceableError("run_eagerly=True")
    how = {
        "kind": kind_of(plan.data.X),
        "trims": getattr(plan.network, "ignores_padding", False),
    }
    y, weight = plan.data.y, plan.data.weight
    key = training_key(
        plan,
        _model_key(plan.network, plan.spec),
        (*how.values(), plan.spec.dtype, y.dtype.str, y.shape[1:]),
        None if weight is None else weight.shape[1:],
    )
    _found[plan] = program_for(key, lambda: TrainingProgram(plan, **how))
    return _found[plan]


def note_model(network, spec, model, tables):
    """Find and keep the key of a model that was built anyway."""
    with contextlib.suppress(NotTraceableError):
        _kept_keys(network)[_place(network, spec)] = model_key(model, tables)


def _model_key(network, spec):
    """Return the key of a model; it is found once for each network and spec."""
    known, place = _kept_keys(network), _place(network, spec)
    if place not in known:
        known[place] = in_clean_thread(_find_model_key, network, spec)
    return known[place]


def _kept_keys(network):
    try:
        return _model_keys.setdefault(network, {})
    except TypeError:  # a network of the user's class that cannot be a key
        return {}


def _place(network, spec):
    """Return what of a spec a model's key depends on.

    The networks of this package are the same at any size of the vocabulary and from any seed.
    """
    small = spec.without_starts()
    if is_ours(network):
        small = replace(small, n_tokens=spec.n_tokens and 1, seed=0)
    return small, spec.fixed_rows is not None


def _find_model_key(network, spec):
    model = network.build(spec)
    return model_key(model, token_tables(network, spec, model))
