# Made from the docstrings by `make stubs`.
from os import PathLike
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "fetch_glove",
    "fetch_sentiment_sentences",
    "get_data_home",
    "load_reviews",
]

def fetch_glove(
    name: Literal["6B", "42B", "840B", "twitter.27B"] = ...,
    dim: int = ...,
    *,
    data_home: str | PathLike[str] | None = ...,
    download_if_missing: bool = ...,
    n_retries: int = ...,
    delay: float = ...,
) -> Path: ...
def fetch_sentiment_sentences(
    *,
    subset: Literal["all", "yelp", "amazon", "imdb"] | list[Any] = ...,
    data_home: str | PathLike[str] | None = ...,
    download_if_missing: bool = ...,
    legacy_quoting: bool = ...,
    return_X_y: bool = ...,
    as_frame: bool = ...,
    n_retries: int = ...,
    delay: float = ...,
) -> Any | tuple[Any, ...]: ...
def get_data_home(data_home: str | PathLike[str] | None = ...) -> Path: ...
def load_reviews(
    *,
    source: Literal["all", "restaurants", "phones", "films"] = ...,
    return_X_y: bool = ...,
    as_frame: bool = ...,
) -> Any | tuple[Any, ...]: ...
