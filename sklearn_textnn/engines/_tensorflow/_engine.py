"""TensorFlow's compiled programs as an engine."""

import contextlib
import time
import weakref
from dataclasses import replace

import numpy as np
import tensorflow as tf

from ...networks import is_ours
from .._batch_memory import check_memory
from .._callbacks import sees_batches
from .._models import token_tables
from .._optimizers import continued_slots
from .._plan import PREDICTION_ROWS, epoch_order
from .._process import in_clean_thread
from . import NotTraceableError
from ._batches import kind_of, to_tensors
from ._forward_program import ForwardProgram
from ._graph import Template
from ._program_cache import program_for
from ._program_keys import make_key, model_key, training_key
from ._training_program import TrainingProgram
from ._watched_model import WatchedModel

NAME = "TensorFlow program"

_found = weakref.WeakKeyDictionary()  # programs by plan
_model_keys = weakref.WeakKeyDictionary()  # by network, then by spec


def supports(plan):
    """Return None if a program can train a plan, else the reason why not."""
    try:
        _program(plan)
    except NotTraceableError as error:
        return str(error)
    return None


def train(plan, lines):
    """Train a plan with one call per epoch; return the trained state and the history."""
    run = Run(_program(plan), plan)
    watched = WatchedModel(plan, run) if plan.callbacks else None
    history, lowest, best, waited = {}, np.inf, None, 0
    monitor, mode = ("loss", "min") if plan.patience is None else plan.monitor
    for epoch in range(plan.epochs):
        began = time.perf_counter()
        if plan.tasks is not None:
            plan.tasks.begin()
        if watched:
            watched.call_hook("on_epoch_begin", plan.first_callback_epoch + epoch)
        logs = run.epoch(epoch_order(plan, len(plan.data.y), epoch), plan.batch_size)
        if plan.score is not None:
            logs["val_score"] = plan.score(run.weights())
        if watched:
            logs = watched.call_hook("on_epoch_end", plan.first_callback_epoch + epoch, logs)
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        if lines is not None:
            lines.say_epoch(epoch, plan.epochs, time.perf_counter() - began, logs)
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
        watched.call_hook("on_train_end")
    return run.found(best), history


class Run:
    """One fit with a program, with variables of its own.

    Parameters
    ----------
    program : TrainingProgram
        The program to call.
    plan : Plan
        Initial state and data.
    """

    def __init__(self, program, plan):
        self._program = program
        template, slots = program.template, _first_slots(program, plan)
        others = [*slots, *program.initial_metrics]
        free = [i in program.slot_tables for i in range(len(others))]
        self._variables = template.own_variables(plan.start, others, free)
        n_model = len(template.places)
        self._model = self._variables[:n_model]
        self._slots = self._variables[n_model : n_model + len(slots)]
        self._tensors, longest, mean = _to_tensors(program, plan.data)
        check_memory(template.model, plan.batch_size, longest, training=True)
        self._train = program.epoch_graph(plan.batch_size * mean)
        self._held_out = None
        if plan.validation is not None:
            self._held_out, longest, _ = _to_tensors(program, plan.validation)
            check_memory(template.model, min(PREDICTION_ROWS, len(plan.validation.y)), longest)
            self._measure = program.evaluation_graph()

    def epoch(self, order, batch_size):
        """Train for one epoch; return loss and metrics, including those of the validation data."""
        tensors = [*self._tensors, tf.constant(order), tf.constant(batch_size)]
        logs = self._named(self._train(tensors, self._variables))
        if self._held_out is not None:
            measured = self._measure(self._held_out, self._variables)
            logs |= {f"val_{k}": v for k, v in self._named(measured).items()}
        return logs

    def _named(self, results):
        return {k: float(v) for k, v in zip(self._program.names, results, strict=True)}

    def iterations(self):
        """Return the number of steps that the optimizer has taken."""
        return self._slots[0].numpy()

    def weights(self):
        """Return the weights as arrays, in the order of ``keras.Model.weights``."""
        places = self._program.template.places
        arrays = {i: v.numpy() for i, v in zip(places, self._model, strict=True) if i is not None}
        return [arrays[i] for i in range(len(arrays))]

    def found(self, weights=None):
        """Return the result of the fit, with these weights or the last ones.

        Returns
        -------
        dict
            Attributes of a `ModelState`.
        """
        places = self._program.template.places
        return {
            "weights": self.weights() if weights is None else weights,
            "seeds": [v.numpy() for i, v in zip(places, self._model, strict=True) if i is None],
            "slots": [v.numpy() for v in self._slots],
            "slot_tables": self._program.slot_tables,
        }

    def take_over(self, weights, rate):
        """Copy the weights and the learning rate that a callback may have changed."""
        for place, variable in zip(self._program.template.places, self._model, strict=True):
            if place is not None and not np.array_equal(weights[place], variable.numpy()):
                variable.assign(weights[place])
        if self._program.rate_place is not None:
            variable = self._slots[self._program.rate_place]
            variable.assign(tf.cast(rate, variable.dtype))


def _first_slots(program, plan):
    """Return the initial values of the optimizer's variables."""
    slots, start, rate = list(program.initial_slots), plan.start, program.rate_place
    for i in program.slot_tables:
        slots[i] = np.repeat(slots[i], len(start.weights[start.tables[0]]), axis=0)
    if rate is not None:
        slots[rate] = np.asarray(plan.optimizer.learning_rate).astype(slots[rate].dtype)
    return continued_slots(start.slots, slots, rate) if start.slots else slots


def _to_tensors(program, data):
    """Return samples as tensors, and their largest and mean length."""
    n, dtype = data.X.shape[0], program.template.dtype
    lengths = data.X.content_lengths() if program.trims else np.full(n, data.X.shape[1])
    weight = np.ones((n, *program.weight_shape)) if data.weight is None else data.weight
    tensors = [
        *to_tensors(data.X, program.template.input_dtype),
        tf.constant(data.y),
        tf.constant(weight, dtype),
        tf.constant(lengths, tf.int32),
    ]
    return tensors, int(lengths.max()), lengths.mean()


def predictor(network, spec, state, *, is_sparse):
    """Return a function from network, spec, state and X to outputs; None without a program."""
    trims = getattr(network, "ignores_padding", False)

    def program(network, spec, state):
        def make():
            template = Template(network, spec, state.tables)
            return ForwardProgram(template, spec.n_features, is_sparse=is_sparse, trims=trims)

        return program_for(key, make)

    try:
        key = make_key("forward", _model_key(network, spec), is_sparse, trims)
        program(network, spec, state)
    except NotTraceableError:
        return None
    variables = []

    def predict(network, spec, state, X):
        forward = program(network, spec, state)
        if not variables:
            variables.append(in_clean_thread(forward.variables, state))
        return forward(X, variables[0])

    return predict


def _program(plan):
    """Return the program of a plan; raise NotTraceableError if there is none."""
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
    """Compute and cache the key of a model that was built anyway."""
    with contextlib.suppress(NotTraceableError):
        _cached_keys(network)[_key_part(network, spec)] = model_key(model, tables)


def _model_key(network, spec):
    """Return the key of a model, computed once per network and spec."""
    known, part = _cached_keys(network), _key_part(network, spec)
    if part not in known:
        known[part] = in_clean_thread(_compute_model_key, network, spec)
    return known[part]


def _cached_keys(network):
    try:
        return _model_keys.setdefault(network, {})
    except TypeError:  # a network of a user's class, not hashable
        return {}


def _key_part(network, spec):
    """Return the part of a spec that the key of a model depends on.

    The networks of this package do not depend on the size of the vocabulary and the seed.
    """
    small = spec.without_starts()
    if is_ours(network):
        small = replace(small, n_tokens=spec.n_tokens and 1, seed=0)
    return small, spec.fixed_rows is not None


def _compute_model_key(network, spec):
    model = network.build(spec)
    return model_key(model, token_tables(network, spec, model))
