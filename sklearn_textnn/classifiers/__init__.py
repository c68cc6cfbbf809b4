"""How a network is trained: as a scikit-learn classifier. Importing this imports TensorFlow."""

from ..engines import clear_program_cache
from ._classifier import KerasTextClassifier
from ._lazy_adam import LazyAdam

__all__ = ["KerasTextClassifier", "LazyAdam", "clear_program_cache"]
