# Made from the docstrings by `make stubs`.
from collections.abc import Callable, Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

__all__ = [
    "check_text_estimator",
    "parametrize_with_text_checks",
    "quiet_tensorflow",
    "text_checks",
]

def check_text_estimator(
    estimator: BaseEstimator,
    *,
    texts: Sequence[str] | None = ...,
    y: ArrayLike | None = ...,
    expected_failed_checks: dict[str, str] | None = ...,
    on_fail: Literal["raise", "warn"] | None = ...,
    callback: Callable[..., Any] | None = ...,
) -> list[dict[Any, Any]]: ...
def parametrize_with_text_checks(
    estimators: list[Any],
    *,
    expected_failed_checks: Callable[..., Any] | None = ...,
    texts: Sequence[str] | None = ...,
    y: ArrayLike | None = ...,
    xfail_strict: bool | None = ...,
) -> Any: ...
def quiet_tensorflow() -> None: ...
def text_checks(estimator: BaseEstimator | None = ...) -> dict[str, str]: ...
