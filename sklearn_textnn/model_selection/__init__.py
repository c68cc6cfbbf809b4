"""Nested cross-validation of several classifiers, progress of searches, training in chunks."""

from ._compare import compare_classifiers
from ._comparison import ClassifierComparison
from ._dask_parallel import dask_parallel
from ._findings import Finding
from ._fit_in_chunks import fit_in_chunks
from ._multilabel_thresholds import MultilabelThresholdClassifierCV
from ._report_candidates import report_candidates

__all__ = [
    "ClassifierComparison",
    "Finding",
    "MultilabelThresholdClassifierCV",
    "compare_classifiers",
    "dask_parallel",
    "fit_in_chunks",
    "report_candidates",
]
