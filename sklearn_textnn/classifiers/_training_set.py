"""The values that pass between the steps of a fit."""

from dataclasses import dataclass, replace

import numpy as np

from ..engines import InitialModel, ModelState
from ..networks import NetworkSpec
from ._fitted import Fitted
from ._heads import Head
from ._inputs import Inputs
from ._sample_weight import is_positive
from ._token_rows import TokenRows


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """X, y and weights, checked.

    Parameters
    ----------
    inputs : Inputs
        X as ids or as features.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels as they came.
    head : Head
        The kind of target.
    positions : ndarray
        The labels as `head` counts them.
    by_output : bool
        Whether the output of the network decides what kind of target it is.
    weight : ndarray of shape (n_samples,) or (n_samples, n_labels), default=None
        Weights of the samples, or of each of their labels.
    """

    inputs: Inputs
    y: np.ndarray
    head: Head
    positions: np.ndarray
    by_output: bool
    weight: np.ndarray | None = None

    def weighted(self, weight):
        """Return the samples that have a weight above 0."""
        kept = is_positive(weight)
        if kept.all():  # X, which may be large, needs no copy
            return replace(self, weight=weight)
        return replace(
            self,
            inputs=self.inputs.take(kept),
            y=self.y[kept],
            positions=self.positions[kept],
            weight=weight[kept],
        )


@dataclass(frozen=True, eq=False)
class Untrained:
    """A network, and all that it starts from.

    Parameters
    ----------
    network : Network or FunctionNetwork
        The architecture.
    spec : NetworkSpec
        The sizes that it is trained for.
    rows : TokenRows or None
        Which word has which row, where it reads ids.
    initial : InitialModel
        What was seen of the model when it was built.
    start : ModelState
        The weights to begin with: fresh ones, or those of the training that goes on.
    before : Fitted or None
        The training that goes on.
    """

    network: object
    spec: NetworkSpec
    rows: TokenRows | None
    initial: InitialModel
    start: ModelState
    before: Fitted | None
