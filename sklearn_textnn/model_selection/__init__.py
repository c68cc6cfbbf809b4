"""An honest comparison of classifiers: nested cross-validation on one set of folds."""

from ._compare import compare_classifiers
from ._comparison import ClassifierComparison

__all__ = ["ClassifierComparison", "compare_classifiers"]
