"""Engines, which train networks and predict with them, behind one interface."""

from .._lazy import attach
from ._model_state import ModelState
from ._numpy_engine import forward_pass
from ._plan import InitialModel, Plan, Samples, Training

__all__ = [
    "InitialModel",
    "LazyAdam",
    "ModelState",
    "Plan",
    "Samples",
    "Training",
    "average_model",
    "build_model",
    "clear_program_cache",
    "copy_direction",
    "fixed_arguments",
    "forward_pass",
    "function_of",
    "initial_model",
    "integrate_gradients",
    "last_operation",
    "learning_rate",
    "plain_keras",
    "predict",
    "set_program_cache_limit",
    "train",
]

# These import Keras or TensorFlow.
__getattr__, __dir__ = attach(
    __name__,
    {
        "LazyAdam": "_lazy_adam",
        "average_model": "_models",
        "build_model": "_models",
        "copy_direction": "_private",
        "fixed_arguments": "_private",
        "function_of": "_private",
        "clear_program_cache": "_engines",
        "initial_model": "_engines",
        "integrate_gradients": "_engines",
        "last_operation": "_models",
        "learning_rate": "_optimizers",
        "plain_keras": "_engines",
        "predict": "_engines",
        "set_program_cache_limit": "_engines",
        "train": "_engines",
    },
)
