"""All that trains and predicts; the only file that knows the backend.

Arrays and plain descriptions go in, arrays come out: no Keras object outlives a call, so a fitted
estimator holds weights only. Every random draw comes from ``spec.seed`` and the epoch's number.
"""

from dataclasses import dataclass, field

import keras
import numpy as np
from scipy import sparse

PREDICTION_ROWS = 512  # rows in memory at a time; sparse features are made dense by as many


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


@dataclass
class State:
    """What training leaves behind, as arrays.

    Parameters
    ----------
    weights : list of ndarray
        In the order of ``keras.Model.weights``.
    tables : list of int
        Which of the weights have a row per token.
    slots : list of ndarray, default=()
        State of optimizer and random layers, where training is to be continued exactly.
    slot_tables : list of int, default=()
        Which of the slots have a row per token.
    """

    weights: list
    tables: list
    slots: list = ()
    slot_tables: list = ()


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
        Random weights.
    optimizer, loss : object or None
        What a model that came compiled was compiled with.
    """

    units: int
    state: State
    optimizer: object = None
    loss: object = None


def outline(network, spec):
    """Build a model once to see what it is, as an `Outline`."""
    model = build(network, spec)
    units, state = model.output_shape[-1], _state_of(model, spec)
    if not model.compiled:
        return Outline(units, state)
    return Outline(units, state, model.optimizer, model.loss)


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
    model = build(network, spec, start.weights)
    optimizer = recipe.optimizer
    _merge_repeated_ids(optimizer)
    model.compile(
        optimizer=optimizer,
        loss=recipe.loss,
        weighted_metrics=recipe.metrics,
        run_eagerly=recipe.run_eagerly,
        jit_compile=False,  # on a CPU its compilation takes longer than it saves
    )
    if len(start.slots):
        optimizer.build(model.trainable_variables)
        for variable, value in zip(_slot_variables(model), start.slots, strict=True):
            variable.assign(value)
    callbacks = [keras.callbacks.TerminateOnNaN(), *recipe.callbacks]
    if recipe.patience is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=recipe.patience, restore_best_weights=True
            )
        )
    history = model.fit(
        _Batches(data, recipe.batch_size, recipe, spec.seed),
        validation_data=None if validation is None else _Batches(validation, PREDICTION_ROWS),
        epochs=recipe.epochs,
        callbacks=callbacks,
        shuffle=False,  # _Batches does, from explicit seeds
        verbose=recipe.verbose,
        **recipe.fit_arguments,
    ).history
    return _state_of(model, spec, keep_slots), {k: list(map(float, v)) for k, v in history.items()}


def predict(network, spec, weights, X):
    """Run the network forward.

    Parameters
    ----------
    network, spec, weights
        As in `build`.
    X : ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
        Ids or features.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
    """
    model = build(network, spec, weights)
    parts = [
        keras.ops.convert_to_numpy(model(_dense_rows(X, slice(i, i + PREDICTION_ROWS))))
        for i in range(0, X.shape[0], PREDICTION_ROWS)
    ]
    return np.concatenate(parts)


def adopt_rows(start, fresh, old_words, new_words):
    """Carry a state over to another vocabulary: known words keep their rows, new ones are fresh.

    Parameters
    ----------
    start : State
        Trained with `old_words`.
    fresh : State
        Untrained, for `new_words`.
    old_words, new_words : sequence of str
        The word of each row.

    Returns
    -------
    State
    """
    rows = {word: i for i, word in enumerate(old_words)}
    pairs = np.array([(rows[w], i) for i, w in enumerate(new_words) if w in rows], dtype=int)
    weights = [
        _adopt(old, new, pairs) if i in start.tables else old
        for i, (old, new) in enumerate(zip(start.weights, fresh.weights, strict=True))
    ]
    slots = [
        _adopt(old, np.zeros((len(new_words), *old.shape[1:]), old.dtype), pairs)
        if i in start.slot_tables
        else old
        for i, old in enumerate(start.slots)
    ]
    return State(weights, start.tables, slots, start.slot_tables)


def learning_rate(optimizer):
    """Return the learning rate of a used optimizer, as a float."""
    return float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def _adopt(old, new, pairs):
    new = new.copy()
    new[pairs[:, 1]] = old[pairs[:, 0]]
    return new


class _Batches(keras.utils.PyDataset):
    """Batches of `Data`, dense one at a time; a new order in every epoch where a recipe says so."""

    def __init__(self, data, batch_size, recipe=None, seed=0):
        super().__init__()
        self.data, self.batch_size, self.recipe, self.seed = data, batch_size, recipe, seed
        self.epoch = 0 if recipe is None else recipe.first_epoch
        self._set_order()

    def _set_order(self):
        n = self.data.X.shape[0]
        if self.recipe is not None and self.recipe.shuffle:
            self.order = np.random.default_rng([self.seed, self.epoch]).permutation(n)
        else:
            self.order = np.arange(n)

    def __len__(self):
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, i):
        rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        batch = _dense_rows(self.data.X, rows), self.data.y[rows]
        return batch if self.data.weight is None else (*batch, self.data.weight[rows])

    def on_epoch_end(self):
        self.epoch += 1
        self._set_order()


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


def _all_layers(model):
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _all_layers(layer)


def _slot_variables(model):
    random_layers = [v for v in model.non_trainable_variables if "seed" in v.path]
    return [*model.optimizer.variables, *random_layers]


def _state_of(model, spec, keep_slots=False):
    tables = [
        layer.embeddings
        for layer in _all_layers(model)
        if isinstance(layer, keras.layers.Embedding) and layer.input_dim == spec.n_tokens
    ]
    paths = [v.path for v in tables]
    state = State(model.get_weights(), [i for i, v in enumerate(model.weights) if v.path in paths])
    if keep_slots:
        slots = _slot_variables(model)
        names = [path.replace("/", "_") for path in paths]
        state.slots = [keras.ops.convert_to_numpy(v) for v in slots]
        state.slot_tables = [
            i for i, v in enumerate(slots) if any(f"/{name}_" in v.path for name in names)
        ]
    return state
