# Made from the docstrings by `make stubs`.
from collections.abc import Callable, Mapping
from typing import Any, Literal

import keras
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ..embeddings import EmbeddedTokens
from ..networks import Network, NetworkSpec
from ..preprocessing import TokenIds, Vocabulary

__all__ = [
    "KerasTextClassifier",
    "LazyAdam",
    "clear_program_cache",
    "set_program_cache_limit",
]

class KerasTextClassifier(BaseEstimator):
    model: Network | Callable[..., Any] | None
    optimizer: str | type | Any
    loss: str | type | Callable[..., Any] | Any
    metrics: list[Any] | None
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    shuffle: bool
    early_stopping: bool
    scoring: str | Callable[..., Any]
    train_on_all: bool
    validation_fraction: float
    n_iter_no_change: int
    class_weight: dict[Any, Any] | list[dict[Any, Any]] | Literal["balanced"] | None
    handle_unknown: Literal["oov", "error"]
    n_tokens: int | None
    dtype: Literal["float32", "float64"]
    callbacks: Any | type | list[Any] | dict[Any, Any] | None
    warm_start: bool | Literal["total"]
    run_eagerly: bool
    n_members: int
    n_jobs: int | None
    random_state: int | Any | None
    verbose: int
    classes_: NDArray[Any]
    history_: Mapping[str, Any]
    n_iter_: int
    weights_: tuple[Any, ...]
    members_: list[KerasTextClassifier]
    network_: Network
    spec_: NetworkSpec
    vocabulary_: Vocabulary | None
    model_: keras.Model
    engine_: str
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        model: Network | Callable[..., Any] | None = ...,
        *,
        optimizer: str | type | Any = ...,
        loss: str | type | Callable[..., Any] | Any = ...,
        metrics: list[Any] | None = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] = ...,
        shuffle: bool = ...,
        early_stopping: bool = ...,
        scoring: str | Callable[..., Any] = ...,
        train_on_all: bool = ...,
        validation_fraction: float = ...,
        n_iter_no_change: int = ...,
        class_weight: dict[Any, Any] | list[dict[Any, Any]] | Literal["balanced"] | None = ...,
        handle_unknown: Literal["oov", "error"] = ...,
        n_tokens: int | None = ...,
        dtype: Literal["float32", "float64"] = ...,
        callbacks: Any | type | list[Any] | dict[Any, Any] | None = ...,
        warm_start: bool | Literal["total"] = ...,
        run_eagerly: bool = ...,
        n_members: int = ...,
        n_jobs: int | None = ...,
        random_state: int | Any | None = ...,
        verbose: int = ...,
        **routed: Any,
    ) -> None: ...
    def decision_function(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    def fit(
        self,
        X: TokenIds | EmbeddedTokens | ArrayLike | Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
    ) -> KerasTextClassifier: ...
    def get_params(self, deep: bool = ...) -> dict[Any, Any]: ...
    def initialize(self, X: Any, y: Any) -> KerasTextClassifier: ...
    @property
    def initialized_(self) -> Any: ...
    def partial_fit(
        self,
        X: TokenIds | EmbeddedTokens | ArrayLike | Any,
        y: ArrayLike,
        classes: ArrayLike | None = ...,
        sample_weight: ArrayLike | None = ...,
    ) -> KerasTextClassifier: ...
    def predict(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    def predict_proba(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...
    def set_params(self, **params: Any) -> Any: ...
    def token_attributions(
        self, X: TokenIds | EmbeddedTokens | ArrayLike
    ) -> list[NDArray[Any]]: ...

class LazyAdam(keras.optimizers.Optimizer):
    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    name: str
    def __init__(
        self,
        learning_rate: float = ...,
        beta_1: float = ...,
        beta_2: float = ...,
        epsilon: float = ...,
        name: str = ...,
        **kwargs: Any,
    ) -> None: ...

def clear_program_cache() -> None: ...
def set_program_cache_limit(n_bytes: int | None = ...) -> None: ...
