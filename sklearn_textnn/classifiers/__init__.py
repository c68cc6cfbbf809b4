"""How a network is trained: as a scikit-learn classifier. Importing this imports TensorFlow."""

from ..engines import LazyAdam, clear_program_cache, set_program_cache_limit
from ._classifier import KerasTextClassifier
from ._fitted import Fitted
from ._heads import BinaryHead, MulticlassHead, MultilabelHead, OneHotHead

# For users; the other names are for other subpackages.
__all__ = [
    "KerasTextClassifier",
    "LazyAdam",
    "clear_program_cache",
    "set_program_cache_limit",
]
