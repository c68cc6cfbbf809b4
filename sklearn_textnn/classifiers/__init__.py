"""How a network is trained: as a scikit-learn classifier. Importing this imports TensorFlow."""

from ._classifier import KerasTextClassifier
from ._lazy_adam import LazyAdam
from ._training import clear_program_cache

__all__ = ["KerasTextClassifier", "LazyAdam", "clear_program_cache"]
