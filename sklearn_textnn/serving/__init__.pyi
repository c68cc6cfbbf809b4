# Made from the docstrings by `make stubs`.
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..embeddings import EmbeddedTokens
from ..networks import Network, NetworkSpec
from ..preprocessing import TokenIds, Vocabulary

__all__ = [
    "FrozenTextClassifier",
    "freeze",
]

class FrozenTextClassifier(BaseEstimator):
    handle_unknown: Literal["oov", "error"]
    classes_: NDArray[Any]
    weights_: tuple[Any, ...]
    network_: Network
    spec_: NetworkSpec
    vocabulary_: Vocabulary | None
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(self, handle_unknown: Literal["oov", "error"] = ...) -> None: ...
    def decision_function(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    @property
    def dtype(self) -> Any: ...
    def fit(self, X: Any, y: Any = ...) -> None: ...
    def predict(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    def predict_proba(self, X: TokenIds | EmbeddedTokens | ArrayLike | Any) -> NDArray[Any]: ...
    @staticmethod
    def reduced(params: dict[Any, Any], attributes: dict[Any, Any]) -> dict[Any, Any]: ...

def freeze(estimator: Pipeline | BaseEstimator) -> Pipeline | BaseEstimator: ...
