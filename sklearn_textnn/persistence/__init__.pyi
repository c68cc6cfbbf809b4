# Made from the docstrings by `make stubs`.
from os import PathLike
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..embeddings import WordVectors

__all__ = [
    "SKOPS_TRUSTED",
    "ModelFormatError",
    "load",
    "register",
    "save",
]

class ModelFormatError(ValueError):
    def __init__(self, message: str, hint: str = ...) -> None: ...

SKOPS_TRUSTED: list[str]

def load(
    path: str | bytes | PathLike[str],
    *,
    vectors: WordVectors | str | PathLike[str] | list[Any] | None = ...,
    frozen: bool = ...,
) -> Pipeline | BaseEstimator: ...
def register(estimator_class: type) -> type: ...
def save(
    pipeline: Pipeline | BaseEstimator,
    path: str | bytes | PathLike[str],
    *,
    embed_vectors: bool = ...,
) -> None: ...
