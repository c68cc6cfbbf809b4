"""All that a fit learns, as one value."""

from dataclasses import dataclass

import numpy as np

from ..engines import ModelState
from ..networks import NetworkSpec
from ..preprocessing import Vocabulary
from ._heads import Head


@dataclass(frozen=True, eq=False)
class Fitted:
    """All that :meth:`KerasTextClassifier.fit` learns.

    Parameters
    ----------
    network : Network or FunctionNetwork
        The architecture that was trained.
    spec : NetworkSpec
        The sizes that it was trained for.
    head : Head
        The kind of target, and its classes.
    vocabulary : Vocabulary or None
        The words of the ids, where X carried them.
    state : ModelState
        The trained weights.
    history : dict of str to list of float
        Loss and metrics of every epoch.
    n_iter : int
        Epochs trained.
    engine : str
        Who trained, and why nobody faster.
    """

    network: object
    spec: NetworkSpec
    head: Head
    vocabulary: Vocabulary | None
    state: ModelState
    history: dict
    n_iter: int
    engine: str


def joined(before, history):
    """Join two histories; NaN stands where a metric was not measured, such as ``val_loss``."""
    lengths = len(before.get("loss", [])), len(history.get("loss", []))
    return {
        name: [
            *before.get(name, [np.nan] * lengths[0]),
            *history.get(name, [np.nan] * lengths[1]),
        ]
        for name in (*before, *(k for k in history if k not in before))
    }
