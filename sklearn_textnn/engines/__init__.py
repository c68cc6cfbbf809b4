"""Who trains a network, and who predicts with it: engines behind one interface."""

from importlib import import_module

from ._model_state import ModelState, read_only
from ._plan import Plan, Samples

__all__ = ["ModelState", "Plan", "Samples", "read_only"]


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}._adapter"), name)
