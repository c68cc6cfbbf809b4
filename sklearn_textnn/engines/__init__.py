"""Who trains a network, and who predicts with it: engines behind one interface."""

from .._arrays import read_only
from ._model_state import ModelState
from ._plan import Plan, Samples

__all__ = ["ModelState", "Plan", "Samples", "read_only"]
