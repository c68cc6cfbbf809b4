"""What is trained: small architectures, one idea per file, and the layers they are made of."""

import sys

from .._lazy import attach
from ._convolutional import ConvolutionalNetwork
from ._dense import DenseNetwork
from ._dropout import dropout, vector_dropout, word_dropout
from ._flatten import FlattenNetwork
from ._forward import ForwardPass, has_forward
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
from ._numpy_activations import ACTIVATIONS as ACTIVATIONS  # for checks of what comes from a file
from ._numpy_layers import NumpyLayers
from ._pooling import PoolingNetwork

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

# The architectures, for whoever has to know all of them.
NETWORKS = tuple(globals()[n] for n in __all__ if n.endswith("Network") and n != "Network")

# Keras finds these in files of models once they are registered, which importing the file does. It
# imports Keras, and this package does not, so that waits for whoever imports Keras first.
_KERAS_LAYERS = ("MaskedConv1D", "MaskedPooling1D", "TokenEmbedding", "WordDropout")
__getattr__, __dir__ = attach(__name__, dict.fromkeys(_KERAS_LAYERS, "_keras_layers"))


def _register_layers(keras):
    from . import _keras_layers


try:
    from wrapt import register_post_import_hook
except ModuleNotFoundError:  # as TensorFlow is, which brings it: a process that only predicts
    pass
else:
    register_post_import_hook(_register_layers, "keras")
