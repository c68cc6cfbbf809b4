"""Nested cross-validation of several classifiers, and training on texts that come in chunks."""

from ._compare import compare_classifiers
from ._comparison import ClassifierComparison
from ._fit_in_chunks import fit_in_chunks

__all__ = ["ClassifierComparison", "compare_classifiers", "fit_in_chunks"]
