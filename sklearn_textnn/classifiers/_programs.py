"""Compiled programs: what makes a search over small networks fast. TensorFlow only.

A program is traced once, on a private template of a model. What it captured are handles of the
template's variables; every fit makes variables of its own and calls the same program with its own
handles in their place. So a program has no state: folds, candidates and threads share it without
locks or copies, and since the rows of token tables are traced as unknown, so do vocabularies.

An epoch is one call. Inside, a loop takes batches by the order it is given, trims their padding
where the network does not see it, and sums the gradients of repeated tokens before the optimizer
gets them, which Keras' sparse updates do not.
"""

import dataclasses
import functools
import logging
import threading
from collections import OrderedDict
from contextlib import contextmanager, nullcontext

import keras
import numpy as np
import tensorflow as tf
from scipy import sparse
from tensorflow.python.eager import context as tf_context

from ..preprocessing import content_lengths
from ._digests import NotCompilableError
from ._lazy_adam import LazyAdam, is_token_table, lazy_step
from ._rewrites import convolutions, convolving_real_tokens, look_up_rows
from ._states import PREDICTION_ROWS, all_layers, continued_slots, fixed_places, rate_place
from ._states import slot_tables as find_slot_tables

# Rows predicted at a time: always as many, so that no result depends on how many there are, and a
# multiple of what a processor's kernels take at once, so that it hardly depends on its place.
FORWARD_ROWS = 16
_MAX_PROGRAMS = 32
_COPIED_WINDOWS = 8192  # in a batch: of 5 tokens with 100 numbers each, 16 MB
_WIDTH_STEP = 8  # widths of predicted texts are multiples of it

_programs = OrderedDict()
_lock = threading.RLock()
_log = logging.getLogger(__name__)


def clear():
    """Forget all programs."""
    with _lock:
        _programs.clear()


def program_for(key, make):
    """Return the program kept under `key`, or make it.

    One program is traced at a time, which is faster than several at once. A model that cannot be
    compiled is remembered too; why is logged, at debug level.
    """
    with _lock:
        if key not in _programs:
            try:
                _programs[key] = make()
            except (MemoryError, tf.errors.ResourceExhaustedError):
                raise
            except Exception as error:  # whatever it is, Keras' own fit is the judge of the model
                # the message only: the traceback would keep the data alive
                _programs[key] = NotCompilableError(f"{type(error).__name__}: {error}")
                _log.debug("Keras' own loops serve, since tracing failed: %s", _programs[key])
            while len(_programs) > _MAX_PROGRAMS:
                _programs.popitem(last=False)
        _programs.move_to_end(key)
        found = _programs[key]
    if isinstance(found, Exception):
        raise NotCompilableError(str(found))
    return found


_available = []  # what `are_available` has found, once it is known


def are_available():
    """Whether TensorFlow lets a traced function run on other variables than it was traced with.

    That takes three private names: ``ConcreteFunction._call_flat``, the value of a Keras variable,
    and the executor of a call. Tried once on a tiny case; where it fails, Keras' own loops serve.
    """
    if not tf.executing_eagerly():
        return False  # in a graph of the caller's, which says nothing about the next call
    if not _available:
        try:
            _available.append(_replaces_variables())
        except (MemoryError, tf.errors.ResourceExhaustedError):
            raise
        except (AttributeError, TypeError):  # another TensorFlow: a name is gone, or used otherwise
            _available.append(False)
        except Exception:  # some scope of the caller's: not here, but at the next call
            return False
    return _available[0]


def _replaces_variables():
    table = keras.Variable(np.zeros((2, 1), "float32"))
    _free_rows(table)
    graph = _Graph(
        lambda i: [tf.gather(table.value, i)],
        [tf.TensorSpec([], tf.int32)],
        [table.value],
        True,
    )
    mine = tf.Variable(np.arange(3.0, dtype="float32")[:, None])
    return float(graph([tf.constant(2)], [mine])[0][0]) == 2.0


class _Template:
    """A model whose variables are there to be replaced, the rows of its tables unknown."""

    def __init__(self, network, spec, tables):
        self.model = network.build(spec)
        self.tables = tables
        free = {*tables, *fixed_places(self.model)}
        for i in free:
            _free_rows(self.model.weights[i])
        positions = {id(v): i for i, v in enumerate(self.model.weights)}
        # the place of each variable among the weights, or None for a random layer's state
        self.places = [positions.get(id(v)) for v in self.model.variables]
        self.are_tables = [place in free for place in self.places]
        self.reads_any_length = self.model.input_shape[1] is None
        self.input_dtype = keras.backend.standardize_dtype(self.model.inputs[0].dtype)

    @property
    def variables(self):
        return [v.value for v in self.model.variables]

    def values(self, state):
        """Return the arrays that stand for `variables` in a fit."""
        seeds = iter(state.seeds)
        return [next(seeds) if i is None else state.weights[i] for i in self.places]

    def input_signature(self, features):
        shape = self.model.inputs[0].shape[1:]
        dtype = self.model.inputs[0].dtype
        if features == "sparse":
            return [
                tf.TensorSpec([None], dtype),
                tf.TensorSpec([None], tf.int64),
                tf.TensorSpec([None], tf.int64),
            ]
        return [tf.TensorSpec([None, *shape], dtype)]


def _copy(thing):
    return type(thing).from_config(thing.get_config())


def _free_rows(variable):
    value = variable.value
    shape = [None, *value.shape[1:]]
    start = tf.zeros([1, *value.shape[1:]], value.dtype)
    variable._value = tf.Variable(
        start, shape=shape, trainable=value.trainable, name=value.name.split(":")[0]
    )


def _variable(array, is_table):
    """Make a variable for one fit.

    A table's rows are unknown to its handle too: TensorFlow prepares a graph anew for each shape
    of a handle, and would for each vocabulary.
    """
    shape = [None, *array.shape[1:]] if is_table else None
    return tf.Variable(array, shape=shape, trainable=False)


class _Graph:
    """One traced function and which of its captured inputs are whose variables."""

    def __init__(self, function, signature, variables, single_thread):
        self._single_thread = single_thread
        with self._executor():
            self._concrete = tf.function(function, autograph=False).get_concrete_function(
                *signature
            )
        places = {id(v.handle): i for i, v in enumerate(variables)}
        self._captured = []
        for tensor in self._concrete.captured_inputs:
            place = places.get(id(tensor))
            if place is None and tensor.dtype == tf.resource:
                raise NotCompilableError("the model keeps state that is none of its variables")
            self._captured.append((place, tensor))

    def __call__(self, tensors, variables):
        captured = [tensor if i is None else variables[i].handle for i, tensor in self._captured]
        with self._executor():
            return self._concrete._call_flat(list(tensors), captured_inputs=captured)

    @contextmanager
    def _executor(self):
        """Run on one thread what has no work for two: small ops pay more for hand-over."""
        context = tf_context.context()
        before = context.function_call_options
        if self._single_thread:
            context.function_call_options = type(before)(
                executor_type="SINGLE_THREADED_EXECUTOR", config_proto=None
            )
        try:
            yield
        finally:
            context.function_call_options = before


def _has_recurrence(model):
    return any(isinstance(layer, keras.layers.RNN) for layer in all_layers(model))


class ForwardProgram:
    """Prediction: rows to outputs, a fixed number of rows at a time.

    Parameters
    ----------
    network, spec
        What to build.
    tables : list of int
        Which weights have a row per token.
    features : {"dense", "sparse"}
        The form of X.
    trims : bool
        Whether trailing padding may be cut from a text.
    """

    def __init__(self, network, spec, tables, features, trims):
        self.template = _Template(network, spec, tables)
        model, sparse_input = self.template.model, features == "sparse"
        width, units = spec.n_features, model.output_shape[-1]
        self._trims = trims and not sparse_input and self.template.reads_any_length
        self._units = units
        self._dtype = keras.backend.standardize_dtype(model.outputs[0].dtype)

        def forward(*X):
            n = tf.shape(X[2])[0] - 1 if sparse_input else tf.shape(X[0])[0]

            def step(i, parts):
                rows = tf.range(i * FORWARD_ROWS, (i + 1) * FORWARD_ROWS)
                return i + 1, parts.write(i, model(_take(X, rows, width), training=False))

            steps = n // FORWARD_ROWS
            parts = tf.TensorArray(
                model.outputs[0].dtype, size=steps, element_shape=[FORWARD_ROWS, units]
            )
            _, parts = tf.while_loop(
                lambda i, _: i < steps, step, [tf.constant(0), parts], parallel_iterations=1
            )
            return [parts.concat()]

        self._graph = _Graph(
            forward,
            self.template.input_signature(features),
            self.template.variables,
            not _has_recurrence(model),
        )

    def variables(self, state):
        """Return variables that hold `state`, for `__call__`."""
        return list(map(_variable, self.template.values(state), self.template.are_tables))

    def __call__(self, X, variables):
        """Return the outputs for X, ndarray of shape (n_samples, n_outputs).

        Texts run at their own width, rounded up, where padding plays no part: a shape that
        depends on no other text.
        """
        if not self._trims:
            return self._run(X, variables)
        lengths = np.maximum(content_lengths(X), 1)
        widths = np.minimum(-(-lengths // _WIDTH_STEP) * _WIDTH_STEP, X.shape[1])
        outputs = np.empty((len(X), self._units), self._dtype)
        for width in np.unique(widths):
            rows = np.flatnonzero(widths == width)
            outputs[rows] = self._run(X[rows, :width], variables)
        return outputs

    def _run(self, X, variables):
        n = X.shape[0]
        (outputs,) = self._graph(
            _tensors(_padded(X, -n % FORWARD_ROWS), self.template.input_dtype), variables
        )
        return outputs.numpy()[:n]


class TrainingProgram:
    """Training: an epoch, or an evaluation, in one call.

    Parameters
    ----------
    network, spec
        What to build.
    tables : list of int
        Which weights have a row per token.
    recipe : Recipe
        Optimizer, loss and metrics, which the program keeps.
    features : {"dense", "sparse"}
        The form of X.
    y : ndarray
        Targets, for their dtype and rank.
    weighted : bool
        Whether samples have weights.
    trims : bool
        Whether trailing padding may be cut from a batch.
    """

    def __init__(self, network, spec, tables, recipe, features, y, weighted, trims):
        self.template = _Template(network, spec, tables)
        model = self.template.model
        # copies: the program binds them, and where it can't be traced Keras' fit needs fresh ones
        self._optimizer = _copy(recipe.optimizer)
        self._metrics = [_copy(metric) for metric in recipe.metrics]
        self.features, self._weighted = features, weighted
        self.trims = trims and features == "dense" and self.template.reads_any_length
        self.single_thread = not _has_recurrence(model)
        self._loss, self._width = recipe.loss, spec.n_features
        trainable = model.trainable_variables
        if not trainable:
            raise NotCompilableError("nothing to train")
        if isinstance(self._optimizer, LazyAdam):
            look_up_rows(model)
        self._prepare_optimizer(trainable)
        self._prepare_metrics(y, model)
        self.names = ["loss", *(m.name for m in self._metrics)]
        self._convolves = bool(convolutions(model))
        self._graphs = {}

        self._data_signature = [
            *self.template.input_signature(features),
            tf.TensorSpec([None, *y.shape[1:]], y.dtype),
            tf.TensorSpec([None], spec.dtype),
            tf.TensorSpec([None], tf.int32),
        ]
        self.training(0)  # a model that cannot be traced should say so now

    # What the program holds beside the model

    def _prepare_optimizer(self, trainable):
        optimizer = self._optimizer
        optimizer.build(trainable)
        self._slots = optimizer.variables
        self.n_slots = len(self._slots)
        self._initial = [v.numpy() for v in self._slots]
        self.rate_place = rate_place(optimizer)
        tables = self._table_variables()
        self.slot_tables = find_slot_tables(self._slots, tables)
        ours = {id(table) for table in tables}  # another layer may be as wide as a table is long
        known = {
            *self.slot_tables,
            *find_slot_tables(self._slots, [v for v in trainable if id(v) not in ours]),
        }
        n_rows = {table.shape[0] for table in tables}
        for i, slot in enumerate(self._slots):
            if i not in known and n_rows & set(slot.shape):
                raise NotCompilableError("the optimizer keeps state of another shape per token")
        self._steps_rows = (
            isinstance(optimizer, LazyAdam)
            and optimizer.clipnorm is optimizer.clipvalue is optimizer.global_clipnorm is None
            and all(v.constraint is None for v in trainable)
        )
        for i in self.slot_tables:
            _free_rows(self._slots[i])
            self._initial[i] = self._initial[i][:1]
        # Keras finds a slot by its variable, and the variables of the tables are new ones
        optimizer._trainable_variables_indices = {
            optimizer._var_key(v): i for i, v in enumerate(trainable)
        }

    def _table_variables(self):
        return [self.template.model.weights[i] for i in self.template.tables]

    def _prepare_metrics(self, y, model):
        outputs = tf.ones([1, model.output_shape[-1]], model.outputs[0].dtype)
        for metric in self._metrics:
            metric.update_state(tf.ones([1, *y.shape[1:]], y.dtype), outputs)
            metric.reset_state()

    @property
    def _variables(self):
        metrics = [v for metric in self._metrics for v in metric.variables]
        return [*self.template.variables, *(v.value for v in (*self._slots, *metrics))]

    def _graph(self, function, signature):
        return _Graph(function, signature, self._variables, self.single_thread)

    # What is traced

    def _trace_epoch(self, *arguments):
        *X, y, weight, lengths, order, batch_size = arguments
        n = tf.size(order)
        for metric in self._metrics:
            metric.reset_state()

        def step(i, total):
            rows = order[i * batch_size : (i + 1) * batch_size]
            x, target, w = self._batch(X, y, weight, lengths, rows)
            loss = self._train_step(x, target, w)
            return i + 1, total + loss * tf.cast(tf.size(rows), loss.dtype)

        steps = (n + batch_size - 1) // batch_size
        return self._loop(step, steps, n)

    def _trace_evaluation(self, *arguments):
        *X, y, weight, lengths = arguments
        n = tf.shape(y)[0]
        for metric in self._metrics:
            metric.reset_state()

        def step(i, total):
            rows = tf.range(i * PREDICTION_ROWS, tf.minimum((i + 1) * PREDICTION_ROWS, n))
            x, target, w = self._batch(X, y, weight, lengths, rows)
            loss = self._loss_of(x, target, w, training=False)
            return i + 1, total + loss * tf.cast(tf.size(rows), loss.dtype)

        return self._loop(step, (n + PREDICTION_ROWS - 1) // PREDICTION_ROWS, n)

    def _loop(self, step, steps, n):
        dtype = self.template.model.outputs[0].dtype
        _, total = tf.while_loop(
            lambda i, _: i < steps,
            step,
            [tf.constant(0), tf.zeros([], dtype)],
            parallel_iterations=1,
        )
        results = [metric.result() for metric in self._metrics]
        if any(getattr(r, "shape", None) != () for r in results):
            raise NotCompilableError("a metric gives more than one number")
        return [total / tf.cast(n, dtype), *results]

    def _batch(self, X, y, weight, lengths, rows):
        x = _take(X, rows, self._width)
        if self.trims:
            x = x[:, : tf.maximum(tf.reduce_max(tf.gather(lengths, rows)), 1)]
        w = tf.gather(weight, rows) if self._weighted else None
        return x, tf.gather(y, rows), w

    def _loss_of(self, x, target, weight, *, training):
        model = self.template.model
        outputs = model(x, training=training)
        loss = self._loss(target, outputs, sample_weight=weight)
        for penalty in model.losses:
            loss += tf.cast(penalty, loss.dtype)
        for metric in self._metrics:
            metric.update_state(target, outputs, sample_weight=weight)
        return loss

    def _train_step(self, x, target, weight):
        variables = self.template.model.trainable_variables
        with tf.GradientTape() as tape:
            loss = self._loss_of(x, target, weight, training=True)
        gradients = tape.gradient(loss, [v.value for v in variables])
        if self._steps_rows:
            gradients, variables = self._step_rows(gradients, variables)
            if not variables:
                self._optimizer.iterations.assign_add(1)
                return loss
        merged = [
            _sum_rows(g, v.value) if isinstance(g, tf.IndexedSlices) else g
            for g, v in zip(gradients, variables, strict=True)
        ]
        if _is_plain_adam(self._optimizer, variables) and all(g is not None for g in merged):
            _fused_adam(self._optimizer, merged, variables)
        else:
            self._optimizer.apply(merged, variables)
        return loss

    def _step_rows(self, gradients, variables):
        """Take LazyAdam's step in the rows of this batch only; return what is left to do."""
        optimizer, left = self._optimizer, []
        slots = {v.path: v.value for v in optimizer.variables}
        for gradient, variable in zip(gradients, variables, strict=True):
            if not (is_token_table(variable) and isinstance(gradient, tf.IndexedSlices)):
                left.append((gradient, variable))
                continue
            rows, places = tf.unique(gradient.indices)
            summed = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
            touched = tf.reduce_any(summed != 0, axis=1)
            rows, summed = tf.boolean_mask(rows, touched), tf.boolean_mask(summed, touched)
            name = f"{optimizer.name}/{variable.path.replace('/', '_')}"
            moments = [slots[f"{name}_momentum"], slots[f"{name}_velocity"]]
            before = [moment.sparse_read(rows) for moment in moments]
            *after, step = lazy_step(optimizer, summed, *before, optimizer.learning_rate)
            for moment, value in zip(moments, after, strict=True):
                moment.scatter_update(tf.IndexedSlices(value, rows))
            variable.value.scatter_sub(tf.IndexedSlices(step, rows))
        return [g for g, _ in left], [v for _, v in left]

    # What a fit calls

    def begin(self, state, learning_rate, data, validation=None):
        """Return a `Run`: one fit with variables of its own, from `state`."""
        fresh = self._fresh_slots(state, learning_rate)
        slots = continued_slots(state.slots, fresh, self.rate_place)
        metrics = [v.numpy() for metric in self._metrics for v in metric.variables]
        arrays = [*self.template.values(state), *slots, *metrics]
        are_tables = [
            *self.template.are_tables,
            *(i in self.slot_tables for i in range(len(slots))),
            *(False for _ in metrics),
        ]
        variables = list(map(_variable, arrays, are_tables))
        evaluated = None if validation is None else self._tensors(validation)
        return Run(self, state, variables, self._tensors(data), evaluated)

    def _fresh_slots(self, state, learning_rate):
        slots = list(self._initial)
        for i in self.slot_tables:
            slots[i] = np.repeat(slots[i], len(state.weights[self.template.tables[0]]), axis=0)
        if learning_rate is not None:
            slots[self.rate_place] = np.asarray(learning_rate, slots[self.rate_place].dtype)
        return slots

    def _tensors(self, data):
        n = data.X.shape[0]
        lengths = content_lengths(data.X) if self.trims else np.full(n, data.X.shape[1])
        weight = np.ones(n) if data.weight is None else data.weight
        return [
            *_tensors(data.X, self.template.input_dtype),
            tf.constant(data.y),
            tf.constant(weight, self.template.model.outputs[0].dtype),
            tf.constant(lengths, tf.int32),
        ]

    def training(self, n_tokens):
        """Return the program of an epoch for batches of about so many tokens.

        Beyond some thousand, windows side by side fill more memory than they save time.
        """
        copies = n_tokens <= _COPIED_WINDOWS or not self._convolves
        return self._traced(("training", copies), functools.partial(self._make_training, copies))

    def _make_training(self, copies):
        order = [tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)]
        with convolving_real_tokens(self.template.model) if copies else nullcontext():
            return self._graph(self._trace_epoch, [*self._data_signature, *order])

    @property
    def evaluation(self):
        """The program that measures."""
        return self._traced(
            "evaluation", lambda: self._graph(self._trace_evaluation, self._data_signature)
        )

    def _traced(self, key, make):
        """Trace a program when it is first asked for; later, no thread waits for another."""
        if key not in self._graphs:
            with _lock:
                if key not in self._graphs:
                    self._graphs[key] = make()
        return self._graphs[key]


class Run:
    """One fit of a program.

    Parameters
    ----------
    program : TrainingProgram
        What it calls.
    start : State
        Where it began.
    variables : list of tf.Variable
        Its own, in the program's order.
    tensors, tensors_val : list of tf.Tensor
        Training and validation data.
    """

    def __init__(self, program, start, variables, tensors, tensors_val):
        self._program, self._start = program, start
        self._variables, self._tensors, self._tensors_val = variables, tensors, tensors_val
        lengths = tensors[-1].numpy()
        self._n_samples, self._mean_length = len(lengths), lengths.mean()
        n_model = len(program.template.places)
        self._model = variables[:n_model]
        self._slots = variables[n_model : n_model + program.n_slots]

    def epoch(self, order, batch_size):
        """Train one epoch; return loss and metrics, of validation data too."""
        tensors = [*self._tensors, tf.constant(order), tf.constant(batch_size)]
        training = self._program.training(batch_size * self._mean_length)
        logs = self._named(training(tensors, self._variables))
        if self._tensors_val is not None:
            measured = self._program.evaluation(self._tensors_val, self._variables)
            logs |= {f"val_{k}": v for k, v in self._named(measured).items()}
        return logs

    def _named(self, results):
        return {k: float(v) for k, v in zip(self._program.names, results, strict=True)}

    def steps(self, batch_size):
        """Return how many batches an epoch has."""
        return -(-self._n_samples // batch_size)

    def iterations(self):
        """Return how many steps the optimizer has taken."""
        return self._slots[0].numpy()

    def weights(self):
        """Return the weights as arrays, in the order of ``keras.Model.weights``."""
        places = self._program.template.places
        arrays = {i: v.numpy() for i, v in zip(places, self._model, strict=True) if i is not None}
        return [arrays[i] for i in range(len(arrays))]

    def state(self):
        """Return all that is left of the fit, as a `State`."""
        places = self._program.template.places
        return dataclasses.replace(
            self._start,
            weights=self.weights(),
            seeds=[v.numpy() for i, v in zip(places, self._model, strict=True) if i is None],
            slots=[v.numpy() for v in self._slots],
            slot_tables=self._program.slot_tables,
        )

    def take(self, weights, learning_rate):
        """Take over weights and learning rate that a callback may have changed."""
        for place, variable in zip(self._program.template.places, self._model, strict=True):
            if place is not None and not np.array_equal(weights[place], variable.numpy()):
                variable.assign(weights[place])
        if self._program.rate_place is not None:
            rate = self._slots[self._program.rate_place]
            rate.assign(tf.cast(learning_rate, rate.dtype))


def _take(X, rows, width):
    """Return some rows as a dense batch."""
    if len(X) == 1:
        return tf.gather(X[0], rows)
    data, indices, offsets = X
    starts, ends = tf.gather(offsets, rows), tf.gather(offsets, rows + 1)
    ragged = tf.ragged.range(starts, ends)
    places = tf.stack([ragged.value_rowids(), tf.gather(indices, ragged.values)], axis=1)
    shape = tf.stack([tf.size(rows, tf.int64), tf.constant(width, tf.int64)])
    dense = tf.scatter_nd(places, tf.gather(data, ragged.values), shape)
    return tf.ensure_shape(dense, [None, width])


def _tensors(X, dtype):
    """Return X as the model's input takes it: a function's model may take ids as floats."""
    if sparse.issparse(X):
        return [
            tf.constant(X.data.astype(dtype, copy=False)),
            tf.constant(X.indices, tf.int64),
            tf.constant(X.indptr, tf.int64),
        ]
    return [tf.constant(X.astype(dtype, copy=False))]


def _padded(X, n):
    """Return X with `n` empty rows below."""
    if n == 0:
        return X
    if sparse.issparse(X):
        indptr = np.concatenate([X.indptr, np.full(n, X.indptr[-1])])
        return sparse.csr_array((X.data, X.indices, indptr), shape=(X.shape[0] + n, X.shape[1]))
    return np.pad(X, ((0, n), *((0, 0) for _ in X.shape[1:])))


def _sum_rows(gradient, variable):
    return tf.math.unsorted_segment_sum(
        gradient.values, gradient.indices, tf.cast(tf.shape(variable)[0], gradient.indices.dtype)
    )


def _is_plain_adam(optimizer, variables):
    return (
        type(optimizer) is keras.optimizers.Adam
        and not optimizer.amsgrad
        and optimizer.weight_decay is None
        and optimizer.clipnorm is None
        and optimizer.clipvalue is None
        and optimizer.global_clipnorm is None
        and all(v.constraint is None for v in variables)
    )


def _fused_adam(optimizer, gradients, variables):
    """Adam in one kernel per variable: Kingma and Ba (2015), as Keras computes it."""
    dtype = gradients[0].dtype
    t = tf.cast(optimizer.iterations.value + 1, dtype)
    betas = optimizer.beta_1, optimizer.beta_2
    # Keras rounds the betas to float32 before it takes their powers, in float64 too
    powers = [tf.cast(tf.constant(beta, tf.float32), dtype) ** t for beta in betas]
    rate = tf.cast(tf.convert_to_tensor(optimizer.learning_rate), dtype)
    slots = {v.path: v for v in optimizer.variables}
    for gradient, variable in zip(gradients, variables, strict=True):
        name = f"{optimizer.name}/{variable.path.replace('/', '_')}"
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=slots[f"{name}_momentum"].value.handle,
            v=slots[f"{name}_velocity"].value.handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=rate,
            beta1=tf.constant(betas[0], dtype),
            beta2=tf.constant(betas[1], dtype),
            epsilon=tf.constant(optimizer.epsilon, dtype),
            grad=gradient,
        )
    optimizer.iterations.assign_add(1)
