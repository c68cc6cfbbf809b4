"""Input and result of an engine: plans and trainings."""

from dataclasses import dataclass, field, replace

import numpy as np

from ._model_state import ModelState

PREDICTION_ROWS = 512  # per step of Keras' predictions, and of evaluations of validation data


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples in the form that the network takes.

    Parameters
    ----------
    X : FlatIds, ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
        Ids or features.
    y : ndarray
        Encoded targets, one row per sample.
    weight : ndarray of shape (n_samples,) or (n_samples, n_labels), default=None
        Weights of the samples, or of each of their labels.
    """

    X: object
    y: np.ndarray
    weight: np.ndarray | None = None

    def __len__(self):
        return len(self.y)

    def take(self, rows):
        """Return the samples in some rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Samples(self.X[rows], self.y[rows], weight)

    def scaled(self, factor, dtype):
        """Return the samples with weights multiplied by a factor, in a dtype."""
        if self.weight is None:
            return self
        with np.errstate(over="ignore"):  # an overflow is found as an infinity
            weight = (self.weight * factor).astype(dtype)
        if not np.isfinite(weight).all():
            raise ValueError(
                f"sample_weight holds weights that are not finite as {dtype}, expected smaller "
                "ones."
            )
        return Samples(self.X, self.y, weight)


@dataclass(frozen=True, eq=False)
class Plan:
    """Description of a training: network, initial state, data and settings.

    Parameters
    ----------
    network : object with ``build(spec)``
        The architecture.
    spec : NetworkSpec
        Sizes, dtype and seed.
    start : ModelState
        Initial weights, and slots if there are any.
    data, validation : Samples
        Training data, and data to evaluate after each epoch (or None).
    optimizer, loss : keras object
        New ones, not bound to a model.
    metrics, callbacks : list of keras object
        Likewise.
    epochs, batch_size : int
        The number of epochs, and of samples per step.
    first_epoch : int, default=0
        The number of epochs trained before, so that continued training draws new orders.
    patience : int or None, default=None
        The number of epochs without a better validation loss or score after which training stops
        and the best weights are restored.
    score : callable or None, default=None
        Function from the outputs for the validation data to a score after each epoch, the larger
        the better; None to use the validation loss.
    tasks : EpochTasks or None, default=None
        Called when an epoch begins and ends; its `end` returns whether to stop.
    shuffle : bool, default=True
        Whether each epoch has its own order of the samples.
    run_eagerly : bool, default=False
        Keras' option for debugging.
    verbose : int, default=0
        0 for silence, 1 or 2 for a line per epoch.
    fit_arguments : dict, default={}
        Further arguments of ``keras.Model.fit``.
    keep_slots : bool, default=False
        Whether to keep the optimizer's state, so that training can be continued exactly.
    """

    network: object
    spec: object
    start: ModelState
    data: Samples
    validation: Samples | None
    optimizer: object
    loss: object
    metrics: list
    callbacks: list
    epochs: int
    batch_size: int
    first_epoch: int = 0
    patience: int | None = None
    score: object = None
    tasks: object = None
    shuffle: bool = True
    run_eagerly: bool = False
    verbose: int = 0
    fit_arguments: dict = field(default_factory=dict)
    keep_slots: bool = False

    @property
    def monitor(self):
        """The name of what early stopping monitors, and "min" or "max"."""
        return ("val_loss", "min") if self.score is None else ("val_score", "max")

    @property
    def first_callback_epoch(self):
        """The first epoch number of callbacks: counting continues if the optimizer does, too."""
        return self.first_epoch if self.keep_slots else 0


@dataclass(frozen=True, eq=False)
class Training:
    """Result of a plan.

    Parameters
    ----------
    state : ModelState
        Trained weights; slots only if the plan keeps them.
    history : dict of str to list of float
        Loss and metrics of every epoch.
    engine : str
        The name of the engine, and why it is not a faster one.
    """

    state: ModelState
    history: dict
    engine: str

    @classmethod
    def of_weights(cls, plan, history, weights):
        """Return the result so far, without what only further training needs."""
        state = replace(plan.start, weights=weights, slots=(), slot_tables=())
        return cls(state, history, "in training")

    def best_epoch(self, plan):
        """Return the number, from 1, of the epoch that early stopping goes back to."""
        name, mode = plan.monitor
        values = np.array(self.history[name])
        return 1 + int(values.argmax() if mode == "max" else values.argmin())


@dataclass(frozen=True, eq=False)
class InitialModel:
    """Properties of a model before training.

    Parameters
    ----------
    units : int
        Width of the output layer.
    activation : str or None
        Name of the output layer's activation; None if it has none.
    state : ModelState
        Random weights, or pretrained vectors.
    optimizer, loss : object or None
        Those that a compiled model was compiled with.
    """

    units: int
    activation: str | None
    state: ModelState
    optimizer: object = None
    loss: object = None


def epoch_order(plan, n_samples, epoch):
    """Return the order of the samples in an epoch, int32, from the seed and the epoch number."""
    if not plan.shuffle:
        return np.arange(n_samples, dtype=np.int32)
    draws = np.random.default_rng([plan.spec.seed, plan.first_epoch + epoch])
    return draws.permutation(n_samples).astype(np.int32)
