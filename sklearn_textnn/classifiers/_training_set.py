"""The values that the steps of a fit pass on."""

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
    """Validated X, y and weights.

    Parameters
    ----------
    inputs : Inputs
        Ids or features.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels of the user.
    head : Head
        The kind of target.
    positions : ndarray
        The labels as class numbers or indicator; see `Head.positions`.
    by_output : bool
        Whether the output of the network determines the kind of target.
    weight : ndarray of shape (n_samples,) or (n_samples, n_labels), default=None
        Weights of samples, or of samples and labels.
    """

    inputs: Inputs
    y: np.ndarray
    head: Head
    positions: np.ndarray
    by_output: bool
    weight: np.ndarray | None = None

    def weighted(self, weight):
        """Return the samples with positive weights."""
        kept = is_positive(weight)
        if kept.all():  # avoids a copy of X, which may be large
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
    """A network before training.

    Parameters
    ----------
    network : Network or FunctionNetwork
        The architecture.
    spec : NetworkSpec
        The sizes that it is built for.
    rows : TokenRows or None
        The rows of words, if it reads ids.
    initial : InitialModel
        Properties of the built model.
    start : ModelState
        The initial weights: random ones, or those of an earlier training.
    before : Fitted or None
        The earlier training to continue.
    """

    network: object
    spec: NetworkSpec
    rows: TokenRows | None
    initial: InitialModel
    start: ModelState
    before: Fitted | None
