"""All that a fit learns, as one value."""

from dataclasses import dataclass

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
