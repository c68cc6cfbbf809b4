"""Nested cross-validation of several classifiers, searches, training in chunks."""

from .._lazy import attach
from ._epoch_halving import EpochHalvingSearchCV
from ._fit_in_chunks import fit_in_chunks
from ._multilabel_thresholds import MultilabelThresholdClassifierCV
from ._report_candidates import report_candidates

__all__ = [
    "ClassifierComparison",
    "EpochHalvingSearchCV",
    "Finding",
    "MultilabelThresholdClassifierCV",
    "compare_classifiers",
    "dask_parallel",
    "fit_in_chunks",
    "report_candidates",
]

# These import pandas, which a process that only predicts may lack.
__getattr__, __dir__ = attach(
    __name__,
    {
        "ClassifierComparison": "_comparison",
        "Finding": "_findings",
        "compare_classifiers": "_compare",
        "dask_parallel": "_dask_parallel",
    },
)
