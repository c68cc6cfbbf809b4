"""Training by a compiled program, with one call per epoch.

A program is traced once, on a private template of a model, and captures handles of the template's
variables. Every fit creates variables of its own and calls the same program with their handles. So
a program has no state, and folds, candidates and threads share it without locks or copies. Since
the number of rows of token tables is traced as unknown, vocabularies share it, too.

Inside, a loop takes batches in the order of the epoch, trims their padding if the network ignores
it, and sums the gradients of repeated tokens before the optimizer gets them, which Keras' sparse
updates do not.
"""

from contextlib import nullcontext
from functools import partial

import numpy as np
import tensorflow as tf

from .._lazy_adam import LazyAdam
from .._optimizers import build_optimizer, rate_place, slot_tables
from .._plan import PREDICTION_ROWS
from .._process import in_clean_thread
from . import NotTraceableError
from ._adam import fused_adam, is_plain_adam, step_rows, steps_rows
from ._batches import signature, take
from ._fast_layers import convolutions, convolving_real_tokens
from ._graph import Graph, Template, free_rows
from ._program_cache import TRACING

_COPIED_WINDOWS = 8192  # tokens of a batch: windows of 5 with 100 numbers each take 16 MB


class TrainingProgram:
    """Compiled training, and evaluation, in one call per epoch.

    Parameters
    ----------
    plan : Plan
        The first of the plans that it trains, whose loss and metrics it takes over.
    kind : {"dense", "sparse", "ids"}
        The form of X.
    trims : bool
        Whether trailing padding may be cut off.
    """

    def __init__(self, plan, *, kind, trims):
        lazy = isinstance(plan.optimizer, LazyAdam)
        self.template = Template(plan.network, plan.spec, plan.start.tables, gather=lazy)
        model = self.template.model
        if not model.trainable_variables:
            raise NotTraceableError("the model has no trainable weights")
        # a copy: building binds an optimizer, and if tracing fails, Keras' fit needs a new one
        self._optimizer = type(plan.optimizer).from_config(plan.optimizer.get_config())
        self._loss, self._metrics = plan.loss, plan.metrics
        self._width = None if kind == "ids" else plan.spec.n_features
        self._weighted = plan.data.weight is not None
        self.trims = trims and kind == "ids" and self.template.reads_any_length
        self._prepare_optimizer(model.trainable_variables)
        self._prepare_metrics(plan.data.y)
        self.names = ["loss", *(m.name for m in self._metrics)]
        self._graphs = {}
        y, self.weight_shape = plan.data.y, np.shape(plan.data.weight)[1:]
        self._data_signature = [
            *signature(self.template.input, kind),
            tf.TensorSpec([None, *y.shape[1:]], y.dtype),
            tf.TensorSpec([None, *self.weight_shape], self.template.dtype),
            tf.TensorSpec([None], tf.int32),
        ]
        self.epoch_graph(0)  # raises an error now if the model cannot be traced

    @property
    def n_bytes(self):
        """Estimate of the memory that the program takes."""
        return sum(graph.n_bytes for graph in self._graphs.values())

    # Variables that are not the model's

    def _prepare_optimizer(self, trainable):
        optimizer, tables = self._optimizer, self.template.tables
        owners = build_optimizer(optimizer, trainable)
        self._slots = optimizer.variables
        self.initial_slots = [v.numpy() for v in self._slots]
        self.rate_place = rate_place(optimizer)
        self.slot_tables = slot_tables(self._slots, owners, trainable, tables)
        n_rows = {table.shape[0] for table in tables}
        for i, slot in enumerate(self._slots):
            owned = owners[i] is not None and slot.shape == trainable[owners[i]].shape
            if not owned and n_rows & set(slot.shape):
                raise NotTraceableError("the optimizer has state per token of another shape")
        for i in self.slot_tables:
            free_rows(self._slots[i])
            self.initial_slots[i] = self.initial_slots[i][:1]
        slots = list(zip(owners, self._slots, strict=True))
        self._slots_of = [
            [slot for owner, slot in slots if owner == i] for i in range(len(trainable))
        ]

    def _prepare_metrics(self, y):
        outputs = tf.ones([1, self.template.output.shape[-1]], self.template.dtype)
        for metric in self._metrics:
            metric.update_state(tf.ones([1, *y.shape[1:]], y.dtype), outputs)
            metric.reset_state()
        self._metric_variables = [v for metric in self._metrics for v in metric.variables]
        self.initial_metrics = [v.numpy() for v in self._metric_variables]

    # Traced functions

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
                raise NotTraceableError(f"the metric {metric.name!r} returns more than one number")
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

    # Graphs

    def epoch_graph(self, n_tokens):
        """Return the graph of an epoch for batches of about `n_tokens` tokens.

        For more than some thousands, to copy the windows of convolutions does not pay.
        """
        model = self.template.model
        copies = n_tokens <= _COPIED_WINDOWS or not convolutions(model)

        def make():
            order = [tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)]
            with convolving_real_tokens(model) if copies else nullcontext():
                return self._trace(self._trace_epoch, [*self._data_signature, *order])

        return self._traced(("epoch", copies), make)

    def evaluation_graph(self):
        """Return the graph of an evaluation."""
        make = partial(self._trace, self._trace_evaluation, self._data_signature)
        return self._traced("evaluation", make)

    def _traced(self, key, make):
        """Return a graph, traced at its first use; no lock is needed later."""
        if key not in self._graphs:
            in_clean_thread(self._trace_once, key, make)
        return self._graphs[key]

    def _trace_once(self, key, make):
        with TRACING:
            if key not in self._graphs:
                self._graphs[key] = make()


def _sum_rows(gradient, variable):
    return tf.math.unsorted_segment_sum(
        gradient.values, gradient.indices, tf.cast(tf.shape(variable)[0], gradient.indices.dtype)
    )
