# Made from the docstrings by `make stubs`.
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

__all__ = [
    "KerasTokenizerTransformer",
    "NgramTransformer",
    "PadTransformer",
    "SubwordTokenizerTransformer",
    "TokenIds",
    "Vocabulary",
]

class KerasTokenizerTransformer(BaseEstimator):
    num_words: int | None
    filters: str
    lower: bool
    split: str | None
    char_level: bool
    oov_token: str | None
    analyzer: Callable[..., Any] | None
    vocabulary: Sequence[str] | dict[Any, Any] | None
    unknown: Literal["drop", "keep"]
    encoding: str
    decode_error: Literal["strict", "ignore", "replace"]
    word_index_: dict[str, int]
    word_counts_: dict[str, int]
    n_tokens_: int
    vocabulary_: Vocabulary
    n_documents_: int
    def __init__(
        self,
        num_words: int | None = ...,
        filters: str = ...,
        lower: bool = ...,
        split: str | None = ...,
        char_level: bool = ...,
        oov_token: str | None = ...,
        analyzer: Callable[..., Any] | None = ...,
        *,
        vocabulary: Sequence[str] | dict[Any, Any] | None = ...,
        unknown: Literal["drop", "keep"] = ...,
        encoding: str = ...,
        decode_error: Literal["strict", "ignore", "replace"] = ...,
    ) -> None: ...
    def fit(self, X: Iterable[str | bytes], y: None = ...) -> Self: ...
    def fit_transform(self, X: Iterable[str | bytes], y: None = ...) -> TokenIds: ...
    def get_feature_names_out(self, input_features: None = ...) -> NDArray[Any]: ...
    def inverse_transform(self, X: TokenIds | Sequence[Any] | ArrayLike) -> NDArray[Any]: ...
    def partial_fit(self, X: Iterable[str | bytes], y: None = ...) -> Self: ...
    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = ...
    ) -> Self: ...
    def transform(self, X: Iterable[str | bytes]) -> TokenIds: ...

class NgramTransformer(BaseEstimator):
    ngram_range: tuple[Any, ...]
    char_ngram_range: tuple[Any, ...] | None
    n_buckets: int
    def __init__(
        self,
        ngram_range: tuple[Any, ...] = ...,
        char_ngram_range: tuple[Any, ...] | None = ...,
        n_buckets: int = ...,
    ) -> None: ...
    def fit(self, X: TokenIds, y: None = ...) -> NgramTransformer: ...
    def get_feature_names_out(self, input_features: None = ...) -> NDArray[Any]: ...
    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = ...
    ) -> Self: ...
    def transform(self, X: TokenIds) -> TokenIds: ...
    def word_positions(self, X: TokenIds) -> list[NDArray[Any]]: ...

class PadTransformer(BaseEstimator):
    maxlen: int | float | None
    padding: Literal["pre", "post"]
    truncating: Literal["pre", "post"]
    maxlen_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        maxlen: int | float | None = ...,
        padding: Literal["pre", "post"] = ...,
        truncating: Literal["pre", "post"] = ...,
    ) -> None: ...
    def fit(self, X: TokenIds | Sequence[Any] | ArrayLike, y: None = ...) -> PadTransformer: ...
    def fit_transform(
        self, X: TokenIds | Sequence[Any] | ArrayLike, y: None = ...
    ) -> TokenIds | NDArray[Any]: ...
    def transform(self, X: TokenIds | Sequence[Any] | ArrayLike) -> TokenIds | NDArray[Any]: ...

class SubwordTokenizerTransformer(BaseEstimator):
    tokenizer: str | PathLike[str] | Any
    num_words: int | None
    unknown: Literal["drop", "keep"]
    encoding: str
    decode_error: Literal["strict", "ignore", "replace"]
    tokenizer_json_: str
    word_index_: dict[str, int]
    word_counts_: dict[str, int]
    n_tokens_: int
    vocabulary_: Vocabulary
    n_documents_: int
    def __init__(
        self,
        tokenizer: str | PathLike[str] | Any,
        *,
        num_words: int | None = ...,
        unknown: Literal["drop", "keep"] = ...,
        encoding: str = ...,
        decode_error: Literal["strict", "ignore", "replace"] = ...,
    ) -> None: ...
    def fit(self, X: Iterable[str | bytes], y: None = ...) -> Self: ...
    def fit_transform(self, X: Iterable[str | bytes], y: None = ...) -> TokenIds: ...
    def get_feature_names_out(self, input_features: None = ...) -> NDArray[Any]: ...
    def inverse_transform(self, X: TokenIds | Sequence[Any] | ArrayLike) -> NDArray[Any]: ...
    def partial_fit(self, X: Iterable[str | bytes], y: None = ...) -> Self: ...
    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = ...
    ) -> Self: ...
    def token_spans(self, texts: Iterable[str | bytes]) -> list[list[tuple[int, int]]]: ...
    def transform(self, X: Iterable[str | bytes]) -> TokenIds: ...

class TokenIds:
    ids: NDArray[Any]
    vocabulary: Vocabulary
    offsets: NDArray[Any] | None
    width: int | None
    padding: Literal["post", "pre"]
    index: pd.Index[Any] | None
    flat: Any
    shape: tuple[Any, ...]
    ndim: int
    dtype: np.dtype[Any]
    def __init__(
        self,
        ids: NDArray[Any],
        vocabulary: Vocabulary,
        *,
        offsets: NDArray[Any] | None = ...,
        width: int | None = ...,
        padding: Literal["post", "pre"] = ...,
        index: pd.Index[Any] | None = ...,
    ) -> None: ...
    @property
    def is_ragged(self) -> Any: ...
    @property
    def lengths(self) -> Any: ...

class Vocabulary:
    words: tuple[str, ...]
    n_known: int
    oov_id: int | None
    def __init__(self, words: tuple[str, ...], n_known: int, oov_id: int | None = ...) -> None: ...
    def extends(self, other: Vocabulary) -> bool: ...
