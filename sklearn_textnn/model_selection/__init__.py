"""Nested cross-validation of several classifiers, progress of searches, training in chunks."""

from ._compare import compare_classifiers
from ._comparison import ClassifierComparison
from ._dask_parallel import dask_parallel
from ._fit_in_chunks import fit_in_chunks
from ._report_candidates import report_candidates

__all__ = [
    "ClassifierComparison",
    "compare_classifiers",
    "dask_parallel",
    "fit_in_chunks",
    "report_candidates",
]
