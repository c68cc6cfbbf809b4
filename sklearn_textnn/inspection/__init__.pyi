# Made from the docstrings by `make stubs`.
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ..model_selection import ClassifierComparison

__all__ = [
    "ComparisonDisplay",
    "HistoryDisplay",
    "TextExplanation",
    "TextExplanations",
    "WordEffectsDisplay",
    "error_table",
    "explain_texts",
    "word_effects",
]

class ComparisonDisplay:
    scores: pd.DataFrame
    metric: str
    figure_: Any
    ax_: Any
    def __init__(self, scores: pd.DataFrame, metric: str) -> None: ...
    @classmethod
    def from_comparison(
        cls, comparison: ClassifierComparison, metric: str | None = ...
    ) -> ComparisonDisplay: ...
    def plot(self, ax: Any = ...) -> ComparisonDisplay: ...

class HistoryDisplay:
    history: Mapping[str, Any]
    metrics: list[str]
    n_epochs: int
    best_epoch: int | None
    figure_: Any
    axes_: NDArray[Any]
    lines_: list[dict[Any, Any]]
    def __init__(self, history: Mapping[str, Any]) -> None: ...
    @classmethod
    def from_estimator(cls, estimator: BaseEstimator) -> HistoryDisplay: ...
    @classmethod
    def from_history(cls, history: Mapping[str, Any]) -> HistoryDisplay: ...
    def plot(self, ax: ArrayLike | None = ...) -> HistoryDisplay: ...

class TextExplanation:
    text: Any
    spans: Any
    values: Any
    classes: Any
    scores: Any
    scale: Any
    method: Any
    def __init__(
        self,
        text: str,
        spans: list[tuple[int, int]],
        values: NDArray[Any],
        classes: NDArray[Any],
        scores: NDArray[Any],
        scale: str,
        method: Literal["leave_one_out", "gradients"] = ...,
    ) -> None: ...
    def plot(self, ax: Any = ..., *, target: Any = ...) -> Any: ...
    @property
    def predicted(self) -> Any: ...
    def to_frame(self) -> pd.DataFrame: ...
    @property
    def tokens(self) -> Any: ...

class TextExplanations:
    explanations: list[TextExplanation]
    def __init__(self, explanations: list[TextExplanation]) -> None: ...
    def to_frame(self) -> pd.DataFrame: ...

class WordEffectsDisplay:
    effects: pd.DataFrame
    figure_: Any
    axes_: NDArray[Any]
    def __init__(self, effects: pd.DataFrame) -> None: ...
    @property
    def classes(self) -> Any: ...
    @classmethod
    def from_estimator(
        cls, classifier: BaseEstimator, texts: Iterable[str | bytes], *, min_texts: int = ...
    ) -> WordEffectsDisplay: ...
    def plot(self, ax: ArrayLike | None = ..., *, n_words: int = ...) -> WordEffectsDisplay: ...
    def strongest(self, target: Any, *, n_words: int = ...) -> pd.DataFrame: ...

def error_table(
    classifier: BaseEstimator,
    texts: Iterable[str | bytes],
    y: ArrayLike,
    *,
    cv: int | Callable[..., Any] | Iterable[Any] = ...,
    groups: ArrayLike | None = ...,
    n_jobs: int | None = ...,
    columns: Mapping[str, Any] | None = ...,
) -> pd.DataFrame: ...
def explain_texts(
    classifier: BaseEstimator,
    texts: Iterable[str | bytes],
    *,
    method: Literal["leave_one_out", "gradients"] = ...,
    together: bool = ...,
) -> TextExplanations: ...
def word_effects(
    classifier: BaseEstimator, texts: Iterable[str | bytes], *, min_texts: int = ...
) -> pd.DataFrame: ...
