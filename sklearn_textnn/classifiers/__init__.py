"""Networks as scikit-learn classifiers.

Fitted values can be imported without Keras; the classifier imports TensorFlow.
"""

from .._lazy import attach
from ._fitted import Fitted
from ._heads import BinaryHead, MulticlassHead, MultilabelHead, OneHotHead
from ._inputs import columns_of
from ._prediction import PredictionMixin, describe_inputs

# For users; the other names are for other subpackages.
__all__ = [
    "KerasTextClassifier",
    "LazyAdam",
    "clear_program_cache",
    "set_program_cache_limit",
]

# These import Keras or TensorFlow.
__getattr__, __dir__ = attach(
    __name__,
    {
        "KerasTextClassifier": "_classifier",
        "LazyAdam": ".engines",
        "clear_program_cache": ".engines",
        "set_program_cache_limit": ".engines",
    },
)
