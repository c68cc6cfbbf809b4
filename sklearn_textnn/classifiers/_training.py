"""All that trains and predicts; the only file that knows the backend.

Arrays and plain descriptions go in, arrays come out: no Keras object outlives a call, so a fitted
estimator holds weights only. Every random draw comes from ``spec.seed`` and the epoch's number.
"""

import os
import time
import weakref
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

import keras
import numpy as np
from scipy import sparse

from ._states import (
    NOT_FOUND_YET,
    PREDICTION_ROWS,
    State,
    all_layers,
    continued_slots,
    fixed_places,
    random_states,
    rate_place,
    slot_tables,
)

_programs_on = ContextVar("programs_on", default=True)
_live = weakref.WeakKeyDictionary()  # variables of fitted states that have predicted


_forked = []  # not empty in a process that was forked after TensorFlow had started its threads


def _note_fork():
    if keras.config.backend() == "tensorflow":
        from tensorflow.python.eager import context

        started = context.context_safe()
        if started is not None and getattr(started, "_initialized", True):
            _forked.append(os.getpid())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def _refuse_fork():
    if _forked:
        raise RuntimeError(
            "This process was forked from one in which TensorFlow was running, whose threads do "
            "not survive a fork. Start workers with joblib's default backend (loky), with "
            'multiprocessing\'s "spawn", or use joblib.parallel_config(backend="threading").'
        )


@contextmanager
def plain_keras():
    """Train and predict by Keras' own loops within this context: the twin of the programs."""
    token = _programs_on.set(False)
    try:
        yield
    finally:
        _programs_on.reset(token)


def clear_program_cache():
    """Forget all compiled programs and free their memory.

    Programs are kept per process, the 32 last used ones. Fitted classifiers hold none; the next
    fit or prediction compiles again what it needs.

    Examples
    --------
    >>> from sklearn_textnn.classifiers import clear_program_cache
    >>> clear_program_cache()
    """
    _live.clear()
    if programs_are_on():
        from . import _programs

        _programs.clear()


def programs_are_on():
    """Whether compiled programs may be used: on TensorFlow, unless switched off."""
    if not _programs_on.get() or keras.config.backend() != "tensorflow":
        return False
    from . import _programs

    return _programs.are_available()


@dataclass
class Data:
    """Samples as the network takes them.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
        Ids or features.
    y : ndarray
        Encoded targets, one row per sample.
    weight : ndarray of shape (n_samples,), default=None
        Sample weights.
    """

    X: object
    y: np.ndarray
    weight: np.ndarray | None = None

    def take(self, rows):
        """Return some of the samples."""
        weight = None if self.weight is None else self.weight[rows]
        return Data(self.X[rows], self.y[rows], weight)


@dataclass
class Recipe:
    """How to train: fresh Keras objects and plain numbers, used once.

    Parameters
    ----------
    optimizer, loss, metrics, callbacks
        Keras objects, not bound to any model.
    epochs, batch_size : int
        How long, and how many samples a step sees.
    first_epoch : int, default=0
        Number of epochs trained before, so that continued training draws new orders.
    patience : int or None, default=None
        Epochs without a better validation loss after which to stop and go back to the best one.
    shuffle : bool, default=True
        Whether each epoch has its own order of the samples.
    run_eagerly : bool, default=False
        Keras' switch for debugging.
    verbose : int, default=0
        0 for silence, 1 for a bar, 2 for a line per epoch.
    fit_arguments : dict, default={}
        Further arguments of ``keras.Model.fit``.
    """

    optimizer: object
    loss: object
    metrics: list
    callbacks: list
    epochs: int
    batch_size: int
    first_epoch: int = 0
    patience: int | None = None
    shuffle: bool = True
    run_eagerly: bool = False
    verbose: int = 0
    fit_arguments: dict = field(default_factory=dict)


def build(network, spec, weights=None):
    """Make a fresh model, with `weights` if given.

    Parameters
    ----------
    network : object with ``build(spec)``
        The architecture.
    spec : NetworkSpec
        Sizes, dtype and seed.
    weights : list of ndarray, default=None
        In the order of ``keras.Model.weights``.

    Returns
    -------
    keras.Model
    """
    model = network.build(spec)
    if weights is not None:
        model.set_weights(weights)
    return model


@dataclass
class Outline:
    """What is known of a model before it is trained.

    Parameters
    ----------
    units : int
        Width of the output layer.
    state : State
        Random weights, or pretrained vectors.
    fixed : list of int
        Which of the weights hold rows that are looked up and never trained.
    optimizer, loss : object or None
        What a model that came compiled was compiled with.
    """

    units: int
    state: State
    fixed: list
    optimizer: object = None
    loss: object = None
    activation: object = None


def outline(network, spec):
    """Build a model once to see what it is, as an `Outline`."""
    _refuse_fork()
    model = build(network, spec)
    tables = _token_tables(network, spec, model)
    names = {layer.name for layer in tables}
    paths = {layer.embeddings.path for layer in tables}
    state = State(
        weights=model.get_weights(),
        tables=[i for i, v in enumerate(model.weights) if v.path in paths],
        seeds=[np.asarray(v) for v in random_states(model)],
        architecture=None,
    )
    state.grows = bool(state.tables) and all(
        spec.table is not None and np.array_equal(state.weights[i], spec.table)
        for i in state.tables
    )
    if programs_are_on():
        from ._digests import architecture_of

        state.architecture = architecture_of(model, names)
    found = Outline(model.output_shape[-1], state, fixed_places(model))
    last = getattr(model, "operations", model.layers)[-1]
    found.activation = getattr(getattr(last, "activation", None), "__name__", None)
    if isinstance(last, keras.layers.Softmax):
        found.activation = "softmax"
    if model.compiled:
        found.optimizer, found.loss = model.optimizer, model.loss
    return found


def _token_tables(network, spec, model):
    """Return the Embedding layers with a row per token.

    One of another size may happen to have as many rows: of a model that is not ours, those are
    taken that grow with the vocabulary.
    """
    tables = [
        layer
        for layer in all_layers(model)
        if isinstance(layer, keras.layers.Embedding) and layer.input_dim == spec.n_tokens
    ]
    if not tables or type(network).__module__.startswith("sklearn_textnn.networks."):
        return tables
    rows = [w.shape[:1] for w in model.weights]
    grown = build(network, replace(spec, n_tokens=spec.n_tokens + 1, table=None))
    follow = {
        v.path
        for v, before, other in zip(model.weights, rows, grown.weights, strict=True)
        if other.shape[:1] != before
    }
    return [layer for layer in tables if layer.embeddings.path in follow]


def train(network, spec, data, recipe, start, validation=None, *, keep_slots=False):
    """Train a network.

    Parameters
    ----------
    network : object with ``build(spec)``
        The architecture.
    spec : NetworkSpec
        Sizes, dtype and seed.
    data : Data
        What to learn from.
    recipe : Recipe
        How to.
    start : State
        Weights, and slots if there are any, to begin with.
    validation : Data, default=None
        What to measure after each epoch.
    keep_slots : bool, default=False
        Whether to return the state of optimizer and random layers too.

    Returns
    -------
    state : State
        Trained weights.
    history : dict of str to list of float
        Loss and metrics of every epoch.
    """
    if recipe.epochs == 0:
        return start, {}
    plain, fixed = start, ()
    if spec.fixed_rows is not None:
        start, fixed = _with_fixed_rows(network, spec, start)
    program = _training_program(network, spec, data, recipe, start)
    if program is None:
        state, history = _fit_with_keras(network, spec, data, recipe, start, validation)
    else:
        state, history = _fit_with_program(program, network, spec, data, recipe, start, validation)
    if not keep_slots:
        state.slots, state.slot_tables = (), ()
    if fixed:
        weights = [w for i, w in enumerate(state.weights) if i not in fixed]
        tables, architecture = plain.tables, plain.architecture
        state = replace(state, weights=weights, tables=tables, architecture=architecture)
    return state, history


def _with_fixed_rows(network, spec, start):
    """Insert the rows that are not trained among the weights; tell their places."""
    found, weights = outline(network, spec), iter(start.weights)
    if not found.fixed:
        raise ValueError(
            f"{type(network).__name__} cannot look up vectors beside its table: its build has to "
            "use sklearn_textnn.networks.embed."
        )
    every = [w if i in found.fixed else next(weights) for i, w in enumerate(found.state.weights)]
    tables, architecture = found.state.tables, found.state.architecture
    return replace(start, weights=every, tables=tables, architecture=architecture), found.fixed


def _fit_with_keras(network, spec, data, recipe, start, validation):
    """Train by ``keras.Model.fit``: any model, callback and backend."""
    model = build(network, spec, start.weights)
    for variable, value in zip(random_states(model), start.seeds, strict=True):
        variable.assign(value)
    optimizer = recipe.optimizer
    _merge_repeated_ids(optimizer)
    model.compile(
        optimizer=optimizer,
        loss=recipe.loss,
        weighted_metrics=recipe.metrics,
        run_eagerly=recipe.run_eagerly,
        auto_scale_loss=False,  # would follow the global precision policy
        # TensorFlow's takes longer on a CPU than it saves; JAX is nothing without
        jit_compile=False if keras.config.backend() == "tensorflow" else "auto",
    )
    if len(start.slots):
        optimizer.build(model.trainable_variables)
        fresh = [np.asarray(v) for v in optimizer.variables]
        slots = continued_slots(start.slots, fresh, rate_place(optimizer))
        for variable, value in zip(optimizer.variables, slots, strict=True):
            variable.assign(value)
    batches = _Batches(data, recipe.batch_size, recipe, spec.seed)
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_begin=batches.begin_epoch),
        keras.callbacks.TerminateOnNaN(),
        *recipe.callbacks,
    ]
    if recipe.patience is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=recipe.patience, restore_best_weights=True
            )
        )
    held_out = None if validation is None else _Batches(validation, PREDICTION_ROWS)
    try:
        history = model.fit(
            batches,
            validation_data=held_out,
            epochs=recipe.epochs,
            callbacks=callbacks,
            shuffle=False,  # _Batches does, from explicit seeds
            verbose=recipe.verbose,
            **recipe.fit_arguments,
        ).history
    finally:  # TensorFlow never lets go of a generator
        batches.data = None
        if held_out is not None:
            held_out.data = None
    state = replace(
        start,
        weights=model.get_weights(),
        seeds=[np.asarray(v) for v in random_states(model)],
        slots=[np.asarray(v) for v in optimizer.variables],
        slot_tables=slot_tables(optimizer.variables, [model.weights[i] for i in start.tables]),
    )
    return state, {k: [np.asarray(x).tolist() for x in v] for k, v in history.items()}


def _fit_with_program(program, network, spec, data, recipe, start, validation):
    """Train by a compiled program: an epoch is one call."""
    rate = None if _has_schedule(recipe.optimizer) else learning_rate(recipe.optimizer)
    run = program.begin(start, rate, data, validation)
    watched = _Watched(network, spec, recipe, run) if recipe.callbacks else None
    history, lowest, best, waited = {}, np.inf, None, 0
    for epoch in range(recipe.epochs):
        began = time.perf_counter()
        if watched:
            watched.tell("on_epoch_begin", epoch)
        order = _order(len(data.y), recipe.shuffle, spec.seed, recipe.first_epoch + epoch)
        logs = run.epoch(order, recipe.batch_size)
        if watched:
            logs = watched.tell("on_epoch_end", epoch, logs)
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        if recipe.verbose:
            _print_epoch(epoch, recipe.epochs, time.perf_counter() - began, logs)
        if not np.isfinite(logs["loss"]) or (watched and watched.model.stop_training):
            break
        if recipe.patience is not None:
            waited += 1
            if logs["val_loss"] < lowest:
                lowest, best, waited = logs["val_loss"], run.weights(), 0
            elif waited >= recipe.patience and epoch > 0:
                break
    if watched:
        watched.tell("on_train_end")
    state = run.state()
    if best is not None:
        state.weights = best
    return state, history


class _Watched:
    """A real model, in step with a program's variables, for callbacks to look at and to change."""

    def __init__(self, network, spec, recipe, run):
        self.run = run
        self.model = build(network, spec, run.weights())
        optimizer = type(recipe.optimizer).from_config(recipe.optimizer.get_config())
        self.model.compile(optimizer, loss=recipe.loss, auto_scale_loss=False, jit_compile=False)
        self.model.optimizer.build(self.model.trainable_variables)
        self.callbacks = keras.callbacks.CallbackList(
            recipe.callbacks,
            add_history=True,
            model=self.model,
            epochs=recipe.epochs,
            steps=run.steps(recipe.batch_size),
            verbose=recipe.verbose,
        )
        self.model.stop_training = False
        self.tell("on_train_begin")

    def tell(self, hook, *arguments):
        """Call a hook with the model up to date, then take over what it changed.

        Returns the logs of the last epoch, with what callbacks have added to them.
        """
        self.model.set_weights(self.run.weights())
        self.model.optimizer.iterations.assign(self.run.iterations())
        getattr(self.callbacks, hook)(*arguments)
        self.run.take(self.model.get_weights(), learning_rate(self.model.optimizer))
        history = self.model.history.history
        return {k: np.asarray(v[-1]).tolist() for k, v in history.items()}


_BATCH_HOOKS = tuple(
    name
    for name in dir(keras.callbacks.Callback)
    if name.startswith("on_") and ("batch" in name or "test" in name)
)


def _sees_batches(callback):
    return any(
        name in vars(callback)
        or getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        for name in _BATCH_HOOKS
    )


def _training_program(network, spec, data, recipe, start):
    """Return the compiled program for this fit, or None where Keras' own fit is needed."""
    if (
        start.architecture is None
        or any(map(_sees_batches, recipe.callbacks))
        or recipe.fit_arguments
        or recipe.run_eagerly
        or not programs_are_on()
    ):
        return None
    from . import _digests, _programs

    features = "sparse" if sparse.issparse(data.X) else "dense"
    weighted = data.weight is not None
    trims = getattr(network, "ignores_padding", False)
    try:
        key = (
            "train",
            start.architecture,
            _digests.recipe_key(recipe),
            (
                features,
                weighted,
                trims,
                spec.dtype,
                data.y.dtype.str,
                data.y.shape[1:],
                data.weight.shape[1:] if weighted else (),
            ),
        )
        return _programs.program_for(
            key,
            lambda: _programs.TrainingProgram(
                network,
                spec,
                start.tables,
                recipe,
                features,
                data.y,
                weighted,
                trims,
                data.weight.shape[1:] if weighted else (),
            ),
        )
    except _digests.NotCompilableError:
        return None


def _print_epoch(epoch, epochs, seconds, logs):
    values = " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
    print(f"Epoch {epoch + 1}/{epochs} - {seconds:.1f}s - {values}", flush=True)


def _has_schedule(optimizer):
    return not isinstance(optimizer.get_config()["learning_rate"], (int, float))


def recognise(network, spec, state):
    """Find the digest of a state that was unpickled; it is kept with the state, and not pickled."""
    if state.architecture == NOT_FOUND_YET and programs_are_on():
        state.architecture = outline(network, spec).state.architecture


def predict(network, spec, state, X):
    """Run the network forward.

    Parameters
    ----------
    network, spec
        As in `build`.
    state : State
        The trained weights; see `recognise`.
    X : ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
        Ids or features.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
    """
    _refuse_fork()
    program = _forward_program(network, spec, state, X)
    if program is not None:
        variables = _live.get(state)
        if variables is None:
            variables = _live[state] = program.variables(state)
        return program(X, variables)
    model = build(network, spec, state.weights)
    parts = [
        keras.ops.convert_to_numpy(model(_dense_rows(X, slice(i, i + PREDICTION_ROWS))))
        for i in range(0, X.shape[0], PREDICTION_ROWS)
    ]
    return np.concatenate(parts)


def _forward_program(network, spec, state, X):
    if state.architecture is None or not programs_are_on():
        return None
    from . import _digests, _programs

    features = "sparse" if sparse.issparse(X) else "dense"
    trims = getattr(network, "ignores_padding", False)
    try:
        return _programs.program_for(
            ("forward", state.architecture, features, trims),
            lambda: _programs.ForwardProgram(network, spec, state.tables, features, trims),
        )
    except _digests.NotCompilableError:
        return None


def learning_rate(optimizer):
    """Return the learning rate of a used optimizer, as a float."""
    return float(np.asarray(optimizer.learning_rate))


class _Batches(keras.utils.PyDataset):
    """Batches of `Data`, dense one at a time; a new order in every epoch where a recipe says so."""

    def __init__(self, data, batch_size, recipe=None, seed=0):
        super().__init__()
        self.data, self.batch_size, self.recipe, self.seed = data, batch_size, recipe, seed
        self.order = np.arange(len(data.y))

    def begin_epoch(self, epoch, logs=None):
        """Take the order of an epoch; Keras' own hooks do not tell which one it is."""
        self.order = _order(
            len(self.data.y), self.recipe.shuffle, self.seed, self.recipe.first_epoch + epoch
        )

    def __len__(self):
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, i):
        rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        batch = _dense_rows(self.data.X, rows), self.data.y[rows]
        return batch if self.data.weight is None else (*batch, self.data.weight[rows])


def _order(n, shuffle, seed, epoch):
    """Return the order of the samples in one epoch, int32."""
    if not shuffle:
        return np.arange(n, dtype=np.int32)
    return np.random.default_rng([seed, epoch]).permutation(n).astype(np.int32)


def _dense_rows(X, rows):
    return X[rows].toarray() if sparse.issparse(X) else X[rows]


def _merge_repeated_ids(optimizer):
    """Sum the gradients of a token that occurs twice in a batch before the optimizer sees them.

    Keras' Adam, RMSprop and Adagrad apply the rows of a sparse gradient one by one and square each
    of them, so a repeated token, the padding above all, would take oversized steps. The dense
    gradient is the sum.
    """
    if keras.config.backend() != "tensorflow":
        return
    import tensorflow as tf

    apply = optimizer.apply

    def apply_merged(grads, trainable_variables=None):
        merged = [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in grads]
        return apply(merged, trainable_variables)

    optimizer.apply = apply_merged
