# Made from the docstrings by `make stubs`.
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

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

class ClassifierComparison:
    scores: pd.DataFrame
    estimators: dict[Any, Any] | None
    best_estimator: BaseEstimator | None
    more_findings: Sequence[Any]
    classifiers: list[str]
    metrics: list[str]
    n_folds: int
    n_seeds: int
    best_name_: str
    estimators_: Any
    best_estimator_: Any
    def __init__(
        self,
        scores: pd.DataFrame,
        *,
        estimators: dict[Any, Any] | None = ...,
        best_estimator: BaseEstimator | None = ...,
        more_findings: Sequence[Any] = ...,
    ) -> None: ...
    def differences(
        self, baseline: str | None = ..., *, metric: str | None = ..., confidence: float = ...
    ) -> pd.DataFrame: ...
    def findings(self) -> list[Finding]: ...
    @classmethod
    def read(cls, path: str | PathLike[str]) -> ClassifierComparison: ...
    def to_csv(self, path: str | PathLike[str]) -> None: ...
    def to_frame(self) -> pd.DataFrame: ...
    def to_json(self, path: str | PathLike[str]) -> None: ...
    def to_text(self) -> str: ...

class EpochHalvingSearchCV(BaseEstimator):
    estimator: BaseEstimator
    param_distributions: dict[Any, Any] | list[dict[Any, Any]]
    n_iter: int
    factor: float
    min_epochs: int
    resource: str | None
    warm_start: Any
    scoring: str | Callable[..., Any] | list[Any] | tuple[Any, ...] | dict[Any, Any] | None
    n_jobs: int | None
    refit: bool | str | Callable[..., Any]
    cv: int | Callable[..., Any] | Iterable[Any] | None
    verbose: int
    pre_dispatch: int | str
    random_state: int | Any | None
    error_score: Literal["raise"] | float
    return_train_score: bool
    cv_results_: Mapping[str, Any]
    n_iterations_: int
    n_candidates_: list[Any]
    n_resources_: list[Any]
    best_index_: int
    best_params_: dict[Any, Any]
    best_score_: float
    best_estimator_: BaseEstimator
    scorer_: Any
    n_splits_: Any
    multimetric_: Any
    refit_time_: Any
    classes_: Any
    n_features_in_: Any
    def __init__(
        self,
        estimator: BaseEstimator,
        param_distributions: dict[Any, Any] | list[dict[Any, Any]],
        *,
        n_iter: int = ...,
        factor: float = ...,
        min_epochs: int = ...,
        resource: str | None = ...,
        warm_start: Any = ...,
        scoring: str
        | Callable[..., Any]
        | list[Any]
        | tuple[Any, ...]
        | dict[Any, Any]
        | None = ...,
        n_jobs: int | None = ...,
        refit: bool | str | Callable[..., Any] = ...,
        cv: int | Callable[..., Any] | Iterable[Any] | None = ...,
        verbose: int = ...,
        pre_dispatch: int | str = ...,
        random_state: int | Any | None = ...,
        error_score: Literal["raise"] | float = ...,
        return_train_score: bool = ...,
    ) -> None: ...
    def fit(
        self, X: Sequence[Any], y: ArrayLike | None = ..., **params: Any
    ) -> EpochHalvingSearchCV: ...

class Finding:
    check: str
    subject: str
    evidence: str
    advice: str
    def __init__(self, check: str, subject: str, evidence: str, advice: str) -> None: ...

class MultilabelThresholdClassifierCV(BaseEstimator):
    estimator: BaseEstimator
    scoring: Literal["f1", "cost"]
    cost: ArrayLike
    cv: int | Callable[..., Any] | Iterable[Any]
    n_jobs: int | None
    random_state: int | Any | None
    estimator_: BaseEstimator
    thresholds_: NDArray[Any]
    scores_: NDArray[Any]
    classes_: NDArray[Any]
    def __init__(
        self,
        estimator: BaseEstimator,
        *,
        scoring: Literal["f1", "cost"] = ...,
        cost: ArrayLike = ...,
        cv: int | Callable[..., Any] | Iterable[Any] = ...,
        n_jobs: int | None = ...,
        random_state: int | Any | None = ...,
    ) -> None: ...
    def decision_function(self, X: Sequence[Any]) -> NDArray[Any]: ...
    def fit(
        self, X: Sequence[Any], y: ArrayLike | Any, **params: Any
    ) -> MultilabelThresholdClassifierCV: ...
    def get_metadata_routing(self) -> Any: ...
    @property
    def n_features_in_(self) -> Any: ...
    def predict(self, X: Sequence[Any]) -> NDArray[Any]: ...
    def predict_proba(self, X: Sequence[Any]) -> NDArray[Any]: ...

def compare_classifiers(
    classifiers: Mapping[str, Any],
    X: Sequence[Any],
    y: ArrayLike,
    *,
    cv: int | Callable[..., Any] | Iterable[Any] = ...,
    scoring: str | Callable[..., Any] | list[str] | Mapping[str, Any] = ...,
    n_jobs: int | None = ...,
    refit: bool = ...,
    return_estimators: bool = ...,
    random_state: int | Any | None = ...,
    params: dict[Any, Any] | None = ...,
    error_score: Literal["raise"] | float = ...,
    verbose: int = ...,
    folder: str | Path | None = ...,
    resume: bool = ...,
    n_seeds: int = ...,
    checks: bool = ...,
) -> ClassifierComparison: ...
def dask_parallel(client: Any = ..., *, scatter: list[Any] | tuple[Any, ...] = ...) -> None: ...
def fit_in_chunks(
    pipeline: Pipeline,
    chunks: Iterable[Any] | Callable[..., Any],
    *,
    classes: ArrayLike | None = ...,
    epochs: int = ...,
    n_done: int = ...,
    after_chunk: Callable[..., Any] | None = ...,
    verbose: int = ...,
) -> Pipeline: ...
def report_candidates(
    search: BaseEstimator | Pipeline, *, n_splits: int | None = ...
) -> BaseEstimator: ...
