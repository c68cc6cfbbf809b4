"""Strong pipelines and baselines, made of stock parts."""

from .._lazy import attach
from ._averaging import AveragingClassifier
from ._baselines import make_baselines
from ._log_count_ratio import LogCountRatioTransformer

__all__ = [
    "AveragingClassifier",
    "LogCountRatioTransformer",
    "make_baselines",
    "text_classifier",
]

# text_classifier imports TensorFlow.
__getattr__, __dir__ = attach(__name__, {"text_classifier": "_text_classifier"})
