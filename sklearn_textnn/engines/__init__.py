"""Who trains a network, and who predicts with it: engines behind one interface."""

from ._model_state import ModelState, read_only
from ._plan import Plan, Samples

__all__ = ["ModelState", "Plan", "Samples", "read_only"]
