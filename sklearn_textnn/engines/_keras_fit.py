"""``keras.Model.fit``: trains any model, with any callback, on any backend of Keras."""

import time
from dataclasses import replace

import keras
import numpy as np
from scipy import sparse

from ._batch_memory import check_memory
from ._interrupt import interrupts_pass
from ._models import build_model, random_states
from ._optimizers import build_optimizer, continued_slots, rate_place, slot_tables
from ._plan import PREDICTION_ROWS, epoch_order
from ._process import in_clean_thread

NAME = "keras.Model.fit"


def train(plan, lines):
    """Train a plan; return the trained state and the history.

    Parameters
    ----------
    plan : Plan
        What to train.
    lines : FitLines or None
        Printer of progress; None for silence.

    Returns
    -------
    dict
        Attributes of a `ModelState`: weights, seeds and slots.
    history : dict of str to list of float
        Loss and metrics of every epoch.
    """
    model = build_model(plan.network, plan.spec, plan.start.weights)
    check_memory(model, plan.batch_size, plan.data.X.shape[1], training=True)
    optimizer, table_slots = in_clean_thread(_prepare, model, plan)
    batches = _Batches(plan.data, plan.batch_size, plan)
    held_out = None if plan.validation is None else _Batches(plan.validation, PREDICTION_ROWS)
    shows_bar = lines is not None and not lines.needs_name
    try:
        with interrupts_pass():
            history = model.fit(
                batches,
                validation_data=held_out,
                initial_epoch=plan.first_callback_epoch,
                epochs=plan.first_callback_epoch + plan.epochs,
                callbacks=_callbacks(plan, batches, lines),
                shuffle=False,  # _Batches does, from explicit seeds
                verbose=plan.verbose if shows_bar else 0,
                **plan.fit_arguments,
            ).history
    finally:  # TensorFlow keeps a reference to the generator forever
        batches.data = None
        if held_out is not None:
            held_out.data = None
    found = {
        "weights": model.get_weights(),
        "seeds": [np.asarray(v) for v in random_states(model)],
        "slots": [np.asarray(v) for v in optimizer.variables],
        "slot_tables": table_slots,
    }
    return found, {k: [np.asarray(x).tolist() for x in v] for k, v in history.items()}


def _prepare(model, plan):
    """Compile a model and restore the state to continue from."""
    optimizer, start = plan.optimizer, plan.start
    for variable, value in zip(random_states(model), start.seeds, strict=True):
        variable.assign(value)
    _merge_repeated_ids(optimizer)
    model.compile(
        optimizer=optimizer,
        loss=plan.loss,
        weighted_metrics=plan.metrics,
        run_eagerly=plan.run_eagerly,
        auto_scale_loss=False,  # would follow the global precision policy
        # on a CPU, it costs TensorFlow more time than it saves; JAX needs it
        jit_compile=False if keras.config.backend() == "tensorflow" else "auto",
    )
    trainable = model.trainable_variables
    owners = build_optimizer(optimizer, trainable)
    slots = optimizer.variables
    if start.slots:
        fresh = [np.asarray(v) for v in slots]
        kept = continued_slots(start.slots, fresh, rate_place(optimizer))
        for variable, value in zip(slots, kept, strict=True):
            variable.assign(value)
    tables = [model.weights[i] for i in start.tables]
    return optimizer, slot_tables(slots, owners, trainable, tables)


def _callbacks(plan, batches, lines):
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_begin=batches.begin_epoch),
        keras.callbacks.TerminateOnNaN(),
        *plan.callbacks,
    ]
    if plan.score is not None:
        callbacks.insert(2, _Scores(plan.score))  # before the callbacks that may use it
    if plan.patience is not None:
        monitor, mode = plan.monitor
        stop = {"monitor": monitor, "mode": mode, "restore_best_weights": True}
        callbacks.append(keras.callbacks.EarlyStopping(patience=plan.patience, **stop))
    if lines is not None and lines.needs_name:  # else Keras shows its progress bar
        callbacks.append(_Lines(plan, lines))
    if plan.tasks is not None:
        callbacks.append(_Tasks(plan.tasks))
    return callbacks


class _Lines(keras.callbacks.Callback):
    """Print a line with the name of the fit after each epoch."""

    def __init__(self, plan, lines):
        super().__init__()
        self._lines, self._epochs, self._first = lines, plan.epochs, plan.first_callback_epoch

    def on_epoch_begin(self, epoch, logs=None):
        """Note the time."""
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Print the line."""
        seconds = time.perf_counter() - self._began
        self._lines.say_epoch(epoch - self._first, self._epochs, seconds, logs)


class _Tasks(keras.callbacks.Callback):
    """Pass epochs on to scikit-learn's callbacks, and stop if one requests it."""

    def __init__(self, tasks):
        super().__init__()
        self._tasks = tasks

    def on_epoch_begin(self, epoch, logs=None):
        """Begin an epoch."""
        self._tasks.begin()

    def on_epoch_end(self, epoch, logs=None):
        """End an epoch."""
        if self._tasks.end(logs, self.model.get_weights):
            self.model.stop_training = True


class _Scores(keras.callbacks.Callback):
    """Measure the score after each epoch, as ``val_score``."""

    def __init__(self, score):
        super().__init__()
        self._score = score

    def on_epoch_end(self, epoch, logs=None):
        """Add the score to the logs."""
        logs["val_score"] = self._score(self.model.get_weights())


def predict(network, spec, state, X):
    """Return the outputs for X."""
    model = build_model(network, spec, state.weights)
    check_memory(model, min(PREDICTION_ROWS, X.shape[0]), X.shape[1])
    parts = [
        keras.ops.convert_to_numpy(model(_dense_rows(X, slice(i, i + PREDICTION_ROWS))))
        for i in range(0, X.shape[0], PREDICTION_ROWS)
    ]
    return np.concatenate(parts)


class _Batches(keras.utils.PyDataset):
    """Batches of samples, made dense one at a time; with a plan, in a new order every epoch."""

    def __init__(self, data, batch_size, plan=None):
        super().__init__()
        self.data, self.batch_size = data, batch_size
        self.plan = None if plan is None else replace(plan, data=None, validation=None)
        self.order = np.arange(len(data))

    def begin_epoch(self, epoch, logs=None):
        """Set the order of an epoch, whose number the hooks of PyDataset do not get."""
        epoch -= self.plan.first_callback_epoch
        self.order = epoch_order(self.plan, len(self.data), epoch)

    def __len__(self):
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, i):
        rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        batch = _dense_rows(self.data.X, rows), self.data.y[rows]
        return batch if self.data.weight is None else (*batch, self.data.weight[rows])


def _dense_rows(X, rows):
    return X[rows].toarray() if sparse.issparse(X) else np.asarray(X[rows])


def _merge_repeated_ids(optimizer):
    """Sum the gradients of a token that occurs twice in a batch before the optimizer sees them.

    Keras' Adam, RMSprop and Adagrad apply the rows of a sparse gradient one by one and square each
    of them, so repeated tokens, above all the padding, would take oversized steps. In the dense
    gradient they are summed.
    """
    if keras.config.backend() != "tensorflow":
        return
    import tensorflow as tf

    apply = optimizer.apply

    def apply_merged(grads, trainable_variables=None):
        merged = [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in grads]
        return apply(merged, trainable_variables)

    optimizer.apply = apply_merged
