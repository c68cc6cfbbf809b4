"""What is trained: small architectures, one idea per file, and the layers they are made of."""

from ._base import Network
from ._convolutional import ConvolutionalNetwork
from ._dense import DenseNetwork
from ._flatten import FlattenNetwork
from ._layers import MaskedConv1D as MaskedConv1D  # for engines, which compute them faster
from ._layers import TokenEmbedding as TokenEmbedding
from ._layers import convolve, dense, dropout, embed, feature_input, output, pool, token_input
from ._pooling import PoolingNetwork
from ._spec import NetworkSpec

__all__ = [
    "ConvolutionalNetwork",
    "DenseNetwork",
    "FlattenNetwork",
    "Network",
    "NetworkSpec",
    "PoolingNetwork",
    "convolve",
    "dense",
    "dropout",
    "embed",
    "feature_input",
    "output",
    "pool",
    "token_input",
]
