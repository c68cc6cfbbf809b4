"""What is trained: small architectures, one idea per file, and the layers they are made of."""

import sys

from .._lazy import attach
from ._convolutional import ConvolutionalNetwork
from ._dense import DenseNetwork
from ._dropout import dropout, vector_dropout, word_dropout
from ._flatten import FlattenNetwork
from ._layers import ACTIVATIONS as ACTIVATIONS  # for checks of what comes from a file
from ._layers import (
    NetworkSpec,
    convolve,
    dense,
    dense_shapes,
    embed,
    feature_input,
    output,
    pool,
    table_shapes,
    token_input,
)
from ._network import Network
from ._network import is_ours as is_ours  # for subpackages that know our networks better
from ._pooling import PoolingNetwork

__all__ = [
    "ConvolutionalNetwork",
    "DenseNetwork",
    "FlattenNetwork",
    "Network",
    "NetworkSpec",
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

# The architectures, for whoever has to know all of them.
NETWORKS = tuple(globals()[n] for n in __all__ if n.endswith("Network") and n != "Network")

# Keras knows these, in files of models too, once one of them is imported. That is done at once
# where Keras is there already; else it would be this package that imports it.
_KERAS_LAYERS = ("MaskedConv1D", "MaskedPooling1D", "TokenEmbedding", "WordDropout")
__getattr__, __dir__ = attach(__name__, dict.fromkeys(_KERAS_LAYERS, "_keras_layers"))

if hasattr(sys.modules.get("keras"), "saving"):
    from . import _keras_layers
