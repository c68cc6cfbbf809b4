"""Training by a compiled program: an epoch is one call.

A program is traced once, on a private template of a model. What it captured are handles of the
template's variables; every fit makes variables of its own and calls the same program with its own
handles in their place. So a program has no state: folds, candidates and threads share it without
locks or copies, and since the rows of token tables are traced as unknown, so do vocabularies.

Inside, a loop takes batches by the order it is given, trims their padding where the network does
not see it, and sums the gradients of repeated tokens before the optimizer gets them, which Keras'
sparse updates do not.
"""

from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
import tensorflow as tf

from .._batch_memory import check_memory
from .._lazy_adam import LazyAdam
from .._optimizers import build_optimizer, continued_slots, rate_place, slot_tables
from .._plan import PREDICTION_ROWS
from .._process import in_clean_thread
from ._adam import fused_adam, is_plain_adam, step_rows, steps_rows
from ._batches import signature, take, to_tensors
from ._fast_layers import convolutions, convolving_real_tokens
from ._graph import Graph, free_rows, own_variables
from ._program_cache import TRACING
from ._program_keys import NotTraceableError
from ._template import Template

_COPIED_WINDOWS = 8192  # in a batch: of 5 tokens with 100 numbers each, 16 MB


class TrainingProgram:
    """An epoch, or an evaluation, in one call.

    Parameters
    ----------
    plan : Plan
        The first of the plans that it trains. Its loss and metrics are the program's from now on.
    kind : {"dense", "sparse", "ids"}
        The form of X.
    trims : bool
        Whether trailing padding may be cut from a batch.
    """

    def __init__(self, plan, *, kind, trims):
        lazy = isinstance(plan.optimizer, LazyAdam)
        self.template = Template(plan.network, plan.spec, plan.start.tables, gather=lazy)
        model = self.template.model
        if not model.trainable_variables:
            raise NotTraceableError("the model has nothing to train")
        # a copy: the program binds it, and where it can't be traced Keras' fit needs a fresh one
        self._optimizer = type(plan.optimizer).from_config(plan.optimizer.get_config())
        self._loss, self._metrics = plan.loss, plan.metrics
        self._width = None if kind == "ids" else plan.spec.n_features
        self._weighted = plan.data.weight is not None
        self.trims = trims and kind == "ids" and self.template.reads_any_length
        self._prepare_optimizer(model.trainable_variables)
        self._prepare_metrics(plan.data.y)
        self.names = ["loss", *(m.name for m in self._metrics)]
        self._graphs = {}
        y, self._weight_shape = plan.data.y, np.shape(plan.data.weight)[1:]
        self._data_signature = [
            *signature(self.template.input, kind),
            tf.TensorSpec([None, *y.shape[1:]], y.dtype),
            tf.TensorSpec([None, *self._weight_shape], self.template.dtype),
            tf.TensorSpec([None], tf.int32),
        ]
        self.epoch_graph(0)  # a model that cannot be traced should say so now

    @property
    def n_bytes(self):
        """Estimate of the memory that the program takes."""
        return sum(graph.n_bytes for graph in self._graphs.values())

    # What the program holds beside the model

    def _prepare_optimizer(self, trainable):
        optimizer, tables = self._optimizer, self.template.tables
        owners = build_optimizer(optimizer, trainable)
        self._slots = optimizer.variables
        self.n_slots = len(self._slots)
        self._initial = [v.numpy() for v in self._slots]
        self.rate_place = rate_place(optimizer)
        self.slot_tables = slot_tables(self._slots, owners, trainable, tables)
        n_rows = {table.shape[0] for table in tables}
        for i, slot in enumerate(self._slots):
            owned = owners[i] is not None and slot.shape == trainable[owners[i]].shape
            if not owned and n_rows & set(slot.shape):
                raise NotTraceableError("the optimizer keeps state of another shape per token")
        for i in self.slot_tables:
            free_rows(self._slots[i])
            self._initial[i] = self._initial[i][:1]
        slots = list(zip(owners, self._slots, strict=True))
        self._slots_of = [
            [slot for owner, slot in slots if owner == i] for i in range(len(trainable))
        ]

    def _prepare_metrics(self, y):
        outputs = tf.ones([1, self.template.output.shape[-1]], self.template.dtype)
        for metric in self._metrics:
            metric.update_state(tf.ones([1, *y.shape[1:]], y.dtype), outputs)
            metric.reset_state()

    @property
    def _metric_variables(self):
        return [v for metric in self._metrics for v in metric.variables]

    # What is traced

    def _trace(self, function, signature):
        others = [v.value for v in (*self._slots, *self._metric_variables)]
        variables = [*self.template.variables, *others]
        return Graph(function, signature, variables, self.template.single_thread)

    def _trace_epoch(self, *arguments):
        *X, y, weight, lengths, order, batch_size = arguments
        n = tf.size(order)

        def step(i, total):
            rows = order[i * batch_size : (i + 1) * batch_size]
            loss = self._train_step(*self._batch(X, y, weight, lengths, rows))
            return i + 1, total + loss * tf.cast(tf.size(rows), loss.dtype)

        return self._loop(step, (n + batch_size - 1) // batch_size, n)

    def _trace_evaluation(self, *arguments):
        *X, y, weight, lengths = arguments
        n = tf.shape(y)[0]

        def step(i, total):
            rows = tf.range(i * PREDICTION_ROWS, tf.minimum((i + 1) * PREDICTION_ROWS, n))
            batch = self._batch(X, y, weight, lengths, rows)
            loss = self._loss_of(*batch, training=False)
            return i + 1, total + loss * tf.cast(tf.size(rows), loss.dtype)

        return self._loop(step, (n + PREDICTION_ROWS - 1) // PREDICTION_ROWS, n)

    def _loop(self, step, steps, n):
        for metric in self._metrics:
            metric.reset_state()
        dtype = self.template.output.dtype
        _, total = tf.while_loop(
            lambda i, _: i < steps,
            step,
            [tf.constant(0), tf.zeros([], dtype)],
            parallel_iterations=1,
        )
        results = [metric.result() for metric in self._metrics]
        for metric, result in zip(self._metrics, results, strict=True):
            if getattr(result, "shape", None) != ():
                raise NotTraceableError(f"the metric {metric.name!r} gives more than one number")
        return [total / tf.cast(n, dtype), *results]

    def _batch(self, X, y, weight, lengths, rows):
        width = self._width
        if width is None:  # of ids
            width = tf.maximum(tf.reduce_max(tf.gather(lengths, rows)), 1)
        x = tf.ensure_shape(take(X, rows, width), self.template.input.shape)
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
        optimizer, slots = self._optimizer, self._slots_of
        variables = self.template.model.trainable_variables
        with tf.GradientTape() as tape:
            loss = self._loss_of(x, target, weight, training=True)
        gradients = tape.gradient(loss, [v.value for v in variables])
        if steps_rows(optimizer, variables):
            gradients, variables, slots = step_rows(optimizer, gradients, variables, slots)
            if not variables:
                optimizer.iterations.assign_add(1)
                return loss
        merged = [
            _sum_rows(g, v.value) if isinstance(g, tf.IndexedSlices) else g
            for g, v in zip(gradients, variables, strict=True)
        ]
        if is_plain_adam(optimizer, variables) and all(g is not None for g in merged):
            fused_adam(optimizer, merged, variables, slots)
        else:
            optimizer.apply(merged, variables)
        return loss

    # What a fit calls

    def epoch_graph(self, n_tokens):
        """Return the graph of an epoch for batches of about so many tokens.

        Beyond some thousand, windows side by side fill more memory than they save time.
        """
        model = self.template.model
        copies = n_tokens <= _COPIED_WINDOWS or not convolutions(model)

        def make():
            order = [tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)]
            with convolving_real_tokens(model) if copies else nullcontext():
                return self._trace(self._trace_epoch, [*self._data_signature, *order])

        return self._traced(("epoch", copies), make)

    def evaluation_graph(self):
        """Return the graph that measures."""
        make = partial(self._trace, self._trace_evaluation, self._data_signature)
        return self._traced("evaluation", make)

    def _traced(self, key, make):
        """Trace a graph when it is first asked for; later, no thread waits for another."""
        if key not in self._graphs:
            in_clean_thread(self._trace_once, key, make)
        return self._graphs[key]

    def _trace_once(self, key, make):
        with TRACING:
            if key not in self._graphs:
                self._graphs[key] = make()

    def fresh_slots(self, plan):
        """Return the optimizer's variables before its first step, as arrays."""
        slots, tables = list(self._initial), plan.start.tables
        for i in self.slot_tables:
            slots[i] = np.repeat(slots[i], len(plan.start.weights[tables[0]]), axis=0)
        if self.rate_place is not None:
            rate = np.asarray(plan.optimizer.learning_rate)
            slots[self.rate_place] = rate.astype(slots[self.rate_place].dtype)
        return slots

    def fresh_metrics(self):
        """Return the variables of the metrics before the first batch, as arrays."""
        return [v.numpy() for v in self._metric_variables]

    def to_tensors(self, data):
        """Return samples as the graphs take them."""
        n, dtype = data.X.shape[0], self.template.dtype
        lengths = data.X.content_lengths() if self.trims else np.full(n, data.X.shape[1])
        weight = np.ones((n, *self._weight_shape)) if data.weight is None else data.weight
        return [
            *to_tensors(data.X, self.template.input_dtype),
            tf.constant(data.y),
            tf.constant(weight, dtype),
            tf.constant(lengths, tf.int32),
        ]


class Run:
    """One fit of a program: variables of its own, and the data.

    Parameters
    ----------
    program : TrainingProgram
        What it calls.
    plan : Plan
        Where it begins, and what it learns from.
    """

    def __init__(self, program, plan):
        self._program, self._start = program, plan.start
        template, n_slots = program.template, program.n_slots
        slots = program.fresh_slots(plan)
        if plan.start.slots:
            slots = continued_slots(plan.start.slots, slots, program.rate_place)
        metrics = program.fresh_metrics()
        arrays = [*template.values(plan.start), *slots, *metrics]
        has_free_rows = [
            *template.has_free_rows,
            *(i in program.slot_tables for i in range(n_slots)),
            *(False for _ in metrics),
        ]
        self._variables = own_variables(arrays, has_free_rows)
        n_model = len(template.places)
        self._model = self._variables[:n_model]
        self._slots = self._variables[n_model : n_model + n_slots]
        self._tensors = program.to_tensors(plan.data)
        self._held_out = None if plan.validation is None else program.to_tensors(plan.validation)
        lengths = self._tensors[-1].numpy()
        self._mean_length = lengths.mean()
        check_memory(template.model, plan.batch_size, int(lengths.max()), training=True)
        if self._held_out is not None:
            lengths = self._held_out[-1].numpy()
            check_memory(template.model, min(PREDICTION_ROWS, len(lengths)), int(lengths.max()))

    def epoch(self, order, batch_size):
        """Train one epoch; return loss and metrics, of validation data too."""
        graph = self._program.epoch_graph(batch_size * self._mean_length)
        tensors = [*self._tensors, tf.constant(order), tf.constant(batch_size)]
        logs = self._named(graph(tensors, self._variables))
        if self._held_out is not None:
            measured = self._program.evaluation_graph()(self._held_out, self._variables)
            logs |= {f"val_{k}": v for k, v in self._named(measured).items()}
        return logs

    def _named(self, results):
        return {k: float(v) for k, v in zip(self._program.names, results, strict=True)}

    def iterations(self):
        """Return how many steps the optimizer has taken."""
        return self._slots[0].numpy()

    def weights(self):
        """Return the weights as arrays, in the order of ``keras.Model.weights``."""
        places = self._program.template.places
        arrays = {i: v.numpy() for i, v in zip(places, self._model, strict=True) if i is not None}
        return [arrays[i] for i in range(len(arrays))]

    def state(self, weights=None):
        """Return all that is left of the fit, with these weights or the last ones."""
        places = self._program.template.places
        return replace(
            self._start,
            weights=self.weights() if weights is None else weights,
            seeds=[v.numpy() for i, v in zip(places, self._model, strict=True) if i is None],
            slots=[v.numpy() for v in self._slots],
            slot_tables=self._program.slot_tables,
        )

    def take_over(self, weights, rate):
        """Take over weights and learning rate that a callback may have changed."""
        for place, variable in zip(self._program.template.places, self._model, strict=True):
            if place is not None and not np.array_equal(weights[place], variable.numpy()):
                variable.assign(weights[place])
        if self._program.rate_place is not None:
            variable = self._slots[self._program.rate_place]
            variable.assign(tf.cast(rate, variable.dtype))


def _sum_rows(gradient, variable):
    return tf.math.unsorted_segment_sum(
        gradient.values, gradient.indices, tf.cast(tf.shape(variable)[0], gradient.indices.dtype)
    )
