# Made from the docstrings by `make stubs`.
from collections.abc import Iterable
from os import PathLike
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..embeddings import WordVectors

__all__ = [
    "AveragingClassifier",
    "LogCountRatioTransformer",
    "make_baselines",
    "text_classifier",
]

class AveragingClassifier(BaseEstimator):
    estimators: list[tuple[str, Any]]
    weights: ArrayLike | None
    class_weight: dict[Any, Any] | list[dict[Any, Any]] | Literal["balanced"] | None
    n_jobs: int | None
    estimators_: list[Any]
    member_weights_: NDArray[Any]
    classes_: NDArray[Any]
    def __init__(
        self,
        estimators: list[tuple[str, Any]],
        *,
        weights: ArrayLike | None = ...,
        class_weight: dict[Any, Any] | list[dict[Any, Any]] | Literal["balanced"] | None = ...,
        n_jobs: int | None = ...,
    ) -> None: ...
    def decision_function(self, X: Iterable[Any]) -> NDArray[Any]: ...
    def fit(
        self, X: Iterable[Any], y: ArrayLike, sample_weight: ArrayLike | None = ...
    ) -> AveragingClassifier: ...
    def get_params(self, deep: bool = ...) -> dict[Any, Any]: ...
    @property
    def n_features_in_(self) -> Any: ...
    def predict(self, X: Iterable[Any]) -> NDArray[Any]: ...
    def predict_proba(self, X: Iterable[Any]) -> NDArray[Any]: ...
    def set_params(self, **params: Any) -> AveragingClassifier: ...

class LogCountRatioTransformer(BaseEstimator):
    alpha: float
    log_count_ratio_: NDArray[Any]
    n_features_in_: int
    def __init__(self, alpha: float = ...) -> None: ...
    def fit(self, X: ArrayLike | Any, y: ArrayLike) -> LogCountRatioTransformer: ...
    def transform(self, X: ArrayLike | Any) -> NDArray[Any] | Any: ...

def make_baselines(
    vectors: WordVectors | str | PathLike[str] | None = ...,
    *,
    class_weight: Literal["balanced"] | None = ...,
) -> dict[str, Pipeline]: ...
def text_classifier(
    vectors: WordVectors | str | PathLike[str] | None = ...,
    *,
    tokenizer: str | PathLike[str] | Any = ...,
    n_members: int = ...,
    fast: bool = ...,
    class_weight: dict[Any, Any] | list[dict[Any, Any]] | Literal["balanced"] | None = ...,
    random_state: int | Any | None = ...,
    n_jobs: int | None = ...,
) -> AveragingClassifier: ...
