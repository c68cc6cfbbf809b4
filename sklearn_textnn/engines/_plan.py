"""What an engine is asked to train."""

from dataclasses import dataclass, field, replace

import numpy as np

from ._model_state import ModelState

PREDICTION_ROWS = 512  # that Keras predicts at a time, and rows of validation data in a step


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples as the network takes them.

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
        """Return some of the samples."""
        weight = None if self.weight is None else self.weight[rows]
        return Samples(self.X[rows], self.y[rows], weight)

    def scaled(self, factor, dtype):
        """Return the samples with weights times a factor, in some precision."""
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
    """A training to be done: a network, where it starts, what it learns from, and how.

    Parameters
    ----------
    network : object with ``build(spec)``
        The architecture.
    spec : NetworkSpec
        Sizes, dtype and seed.
    start : ModelState
        Weights, and slots if there are any, to begin with.
    data, validation : Samples
        What to learn from, and what to measure after each epoch (or None).
    optimizer, loss : keras object
        Fresh ones, not bound to any model.
    metrics, callbacks : list of keras object
        Likewise.
    epochs, batch_size : int
        How long, and how many samples a step sees.
    first_epoch : int, default=0
        Number of epochs trained before, so that continued training draws new orders.
    patience : int or None, default=None
        Epochs without a better validation loss, or score, after which to stop and go back to the
        best one.
    score : callable or None, default=None
        From outputs for the validation data to a number to measure after each epoch, the larger
        the better; None for the validation loss.
    tasks : EpochTasks or None, default=None
        Whom to tell that epochs begin and end; their `end` says whether to stop.
    shuffle : bool, default=True
        Whether each epoch has its own order of the samples.
    run_eagerly : bool, default=False
        Keras' switch for debugging.
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
        """What early stopping looks at, and whether it is to be large or small."""
        return ("val_loss", "min") if self.score is None else ("val_score", "max")

    @property
    def first_callback_epoch(self):
        """The number that callbacks see first: they count on where the optimizer goes on too."""
        return self.first_epoch if self.keep_slots else 0


@dataclass(frozen=True, eq=False)
class Training:
    """What came of a plan.

    Parameters
    ----------
    state : ModelState
        Trained weights; slots only where the plan keeps them.
    history : dict of str to list of float
        Loss and metrics of every epoch.
    engine : str
        Who trained, and why nobody faster.
    """

    state: ModelState
    history: dict
    engine: str

    @classmethod
    def of_weights(cls, plan, history, weights):
        """Return what has come of a plan so far, without what only further training needs."""
        state = replace(plan.start, weights=weights, slots=(), slot_tables=())
        return cls(state, history, "in training")

    def best_epoch(self, plan):
        """Return the number, from 1, of the epoch that early stopping goes back to."""
        name, mode = plan.monitor
        values = np.array(self.history[name])
        return 1 + int(values.argmax() if mode == "max" else values.argmin())


@dataclass(frozen=True, eq=False)
class InitialModel:
    """What is known of a model before it is trained.

    Parameters
    ----------
    units : int
        Width of the output layer.
    activation : str or None
        Name of the output layer's activation; None where it has none.
    state : ModelState
        Random weights, or pretrained vectors.
    optimizer, loss : object or None
        What a model that came compiled was compiled with.
    """

    units: int
    activation: str | None
    state: ModelState
    optimizer: object = None
    loss: object = None


def epoch_order(plan, n_samples, epoch):
    """Return the order of the samples in one epoch, int32, drawn from the seed and its number."""
    if not plan.shuffle:
        return np.arange(n_samples, dtype=np.int32)
    draws = np.random.default_rng([plan.spec.seed, plan.first_epoch + epoch])
    return draws.permutation(n_samples).astype(np.int32)
