# Made from the docstrings by `make stubs`.
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ..preprocessing import PadTransformer, TokenIds, Vocabulary

__all__ = [
    "EmbeddedTokens",
    "GloVeEmbedder",
    "WordVectors",
]

class EmbeddedTokens:
    tokens: TokenIds
    table: ArrayLike
    ids: NDArray[Any]
    vocabulary: Vocabulary
    shape: tuple[Any, ...]
    ndim: int
    dtype: np.dtype[Any]
    def __init__(self, tokens: TokenIds, table: ArrayLike) -> None: ...

class GloVeEmbedder(BaseEstimator):
    vectors: str | PathLike[str] | WordVectors
    output: Literal["sequence", "tensor", "mean", "max", "min", "idf-mean"] | tuple[Any, ...]
    oov: Literal["zero", "mean", "random", "unk", "casefold", "strip"] | tuple[Any, ...]
    tokenizer: BaseEstimator | None
    embedding_matrix_: NDArray[Any]
    vocabulary_: Vocabulary
    coverage_: Any
    oov_words_: dict[str, int]
    idf_: NDArray[Any]
    vectors_: WordVectors
    tokenizer_: BaseEstimator
    pad_: PadTransformer
    n_features_in_: int
    def __init__(
        self,
        vectors: str | PathLike[str] | WordVectors,
        *,
        output: Literal["sequence", "tensor", "mean", "max", "min", "idf-mean"]
        | tuple[Any, ...] = ...,
        oov: Literal["zero", "mean", "random", "unk", "casefold", "strip"] | tuple[Any, ...] = ...,
        tokenizer: BaseEstimator | None = ...,
    ) -> None: ...
    def fit(self, X: TokenIds | Iterable[str | bytes], y: None = ...) -> GloVeEmbedder: ...
    def fit_transform(
        self, X: TokenIds | Iterable[str | bytes], y: None = ...
    ) -> EmbeddedTokens | NDArray[Any]: ...
    def partial_fit(self, X: TokenIds | Iterable[str | bytes], y: None = ...) -> GloVeEmbedder: ...
    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = ...
    ) -> GloVeEmbedder: ...
    def transform(self, X: TokenIds | Iterable[str | bytes]) -> EmbeddedTokens | NDArray[Any]: ...

class WordVectors:
    words: Sequence[str]
    vectors: NDArray[Any]
    def __init__(self, words: Iterable[str | bytes], vectors: ArrayLike) -> None: ...
    @property
    def digest(self) -> Any: ...
    @property
    def dim(self) -> Any: ...
    @classmethod
    def from_gensim(cls, keyed_vectors: Any) -> WordVectors: ...
    def in_memory(self) -> WordVectors: ...
    def most_similar(self, word: str | ArrayLike, n: int = ...) -> list[tuple[str, float]]: ...
    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        *,
        words: Iterable[str | bytes] | None = ...,
        tokenizer: str | PathLike[str] | Any = ...,
        member: str | None = ...,
        encoding_errors: str = ...,
        cache: bool = ...,
        data_home: str | PathLike[str] | None = ...,
    ) -> WordVectors: ...
    def rows_of(self, words: Iterable[str | bytes]) -> NDArray[Any]: ...
    def select(self, words: Iterable[str | bytes]) -> WordVectors: ...
    def to_gensim(self) -> Any: ...
