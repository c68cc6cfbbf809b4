# Made from the docstrings by `make stubs`.
from collections.abc import Mapping
from typing import Any, Literal

import keras
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

__all__ = [
    "ConvolutionalNetwork",
    "DenseNetwork",
    "FlattenNetwork",
    "Network",
    "NetworkSpec",
    "NumpyLayers",
    "PoolingNetwork",
    "convolve",
    "dense",
    "dense_shapes",
    "dropout",
    "embed",
    "feature_input",
    "output",
    "pool",
    "table_shapes",
    "token_input",
    "vector_dropout",
    "word_dropout",
]

class ConvolutionalNetwork(Network):
    embedding_dim: int
    num_filters: int
    kernel_size: int | tuple[int, ...]
    units: int | None
    activation: str
    dropout: float
    word_dropout: float
    vector_dropout: float
    trainable: bool | Literal["both"] | None
    def __init__(
        self,
        embedding_dim: int = ...,
        num_filters: int = ...,
        kernel_size: int | tuple[int, ...] = ...,
        units: int | None = ...,
        activation: str = ...,
        dropout: float = ...,
        word_dropout: float = ...,
        vector_dropout: float = ...,
        trainable: bool | Literal["both"] | None = ...,
    ) -> None: ...

class DenseNetwork(Network):
    units: int | tuple[int, ...] | None
    activation: str
    dropout: float
    def __init__(
        self, units: int | tuple[int, ...] | None = ..., activation: str = ..., dropout: float = ...
    ) -> None: ...

class FlattenNetwork(Network):
    embedding_dim: int
    units: int | None
    activation: str
    dropout: float
    trainable: bool | None
    def __init__(
        self,
        embedding_dim: int = ...,
        units: int | None = ...,
        activation: str = ...,
        dropout: float = ...,
        trainable: bool | None = ...,
    ) -> None: ...

class Network(BaseEstimator):
    reads: Literal["ids", "features"]
    ignores_padding: bool
    sees_order: bool
    def build(self, spec: NetworkSpec) -> keras.Model: ...
    @classmethod
    def examples(cls) -> list[Network]: ...
    def forward(self, layers: NumpyLayers, x: NDArray[Any]) -> NDArray[Any]: ...
    def weight_shapes(self, spec: NetworkSpec) -> list[tuple[str, tuple[int, ...]]]: ...

class NetworkSpec:
    n_outputs: int
    output_activation: Literal["sigmoid", "softmax"]
    n_tokens: int | None
    maxlen: int | None
    n_features: int | None
    dtype: Literal["float32", "float64"]
    seed: int
    vector_dim: int | None
    table: NDArray[Any] | None
    fixed_rows: NDArray[Any] | None
    output_bias: NDArray[Any] | None
    def __init__(
        self,
        n_outputs: int,
        output_activation: Literal["sigmoid", "softmax"],
        n_tokens: int | None = ...,
        maxlen: int | None = ...,
        n_features: int | None = ...,
        dtype: Literal["float32", "float64"] = ...,
        seed: int = ...,
        vector_dim: int | None = ...,
        table: NDArray[Any] | None = ...,
        fixed_rows: NDArray[Any] | None = ...,
        output_bias: NDArray[Any] | None = ...,
    ) -> None: ...
    @property
    def reads_tensors(self) -> Any: ...
    def seed_for(self, name: str) -> int: ...
    def without_starts(self) -> NetworkSpec: ...

class NumpyLayers:
    spec: NetworkSpec
    weights: Mapping[str, Any]
    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Any]) -> None: ...
    def convolve(
        self, x: NDArray[Any], real: NDArray[Any], activation: str, name: str
    ) -> NDArray[Any]: ...
    def convolve_tokens(
        self,
        ids: NDArray[Any],
        trainable: bool | Literal["both"] | None,
        activation: str,
        name: str,
    ) -> NDArray[Any]: ...
    def dense(self, x: NDArray[Any] | Any, activation: str, name: str = ...) -> NDArray[Any]: ...
    def embed(
        self, ids: NDArray[Any], trainable: bool | Literal["both"] | None = ...
    ) -> NDArray[Any]: ...
    def hidden_and_output(self, parts: list[NDArray[Any]], activation: str) -> NDArray[Any]: ...
    def output(self, x: NDArray[Any]) -> NDArray[Any]: ...
    def pool(
        self, x: NDArray[Any], real: NDArray[Any], kind: Literal["max", "average"]
    ) -> NDArray[Any]: ...
    def with_rows(self, fixed_rows: NDArray[Any] | None) -> NumpyLayers: ...

class PoolingNetwork(Network):
    embedding_dim: int
    pooling: Literal["max", "average"] | tuple[Any, ...]
    units: int | None
    activation: str
    dropout: float
    word_dropout: float
    vector_dropout: float
    trainable: bool | None
    def __init__(
        self,
        embedding_dim: int = ...,
        pooling: Literal["max", "average"] | tuple[Any, ...] = ...,
        units: int | None = ...,
        activation: str = ...,
        dropout: float = ...,
        word_dropout: float = ...,
        vector_dropout: float = ...,
        trainable: bool | None = ...,
    ) -> None: ...

def convolve(
    spec: NetworkSpec, x: Any, num_filters: int, kernel_size: int, activation: str, name: str
) -> Any: ...
def dense(spec: NetworkSpec, x: Any, units: int, activation: str, name: str = ...) -> Any: ...
def dense_shapes(n_inputs: int, **units: Any) -> list[tuple[str, tuple[int, ...]]]: ...
def dropout(spec: NetworkSpec, x: Any, rate: float, name: str = ...) -> Any: ...
def embed(
    spec: NetworkSpec,
    ids: Any,
    dim: int,
    *,
    trainable: bool | Literal["both"] | None = ...,
    mask: bool = ...,
) -> Any: ...
def feature_input(spec: NetworkSpec) -> Any: ...
def output(spec: NetworkSpec, x: Any) -> Any: ...
def pool(spec: NetworkSpec, x: Any, kind: Literal["max", "average"], name: str) -> Any: ...
def table_shapes(
    spec: Any, dim: Any, trainable: Any = ...
) -> list[tuple[str, tuple[int, ...]]] | int: ...
def token_input(spec: NetworkSpec, *, fixed_length: bool = ...) -> Any: ...
def vector_dropout(spec: NetworkSpec, x: Any, rate: float, name: str = ...) -> Any: ...
def word_dropout(spec: NetworkSpec, ids: Any, rate: float, name: str = ...) -> Any: ...
