"""Architectures of neural networks for texts, and their layers."""

import sys

from .._lazy import attach
from ._convolutional import ConvolutionalNetwork
from ._dense import DenseNetwork
from ._dropout import dropout, vector_dropout, word_dropout
from ._embed import embed, table_shapes
from ._flatten import FlattenNetwork
from ._forward import ForwardPass, has_forward
from ._layers import convolve, dense, dense_shapes, feature_input, output, pool, token_input
from ._network import Network
from ._network import is_ours as is_ours  # for other subpackages
from ._numpy_activations import ACTIVATIONS as ACTIVATIONS  # for checks of files
from ._numpy_layers import NumpyLayers
from ._pooling import PoolingNetwork
from ._spec import NetworkSpec

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

# All architectures of the package.
NETWORKS = tuple(globals()[n] for n in __all__ if n.endswith("Network") and n != "Network")

# Keras finds these layers in files of models once they are registered, by importing their module.
# That imports Keras, which this package does not do, so it waits until something imports Keras.
_KERAS_LAYERS = ("MaskedConv1D", "MaskedPooling1D", "TokenEmbedding", "WordDropout")
__getattr__, __dir__ = attach(__name__, dict.fromkeys(_KERAS_LAYERS, "_keras_layers"))


def _register_layers(keras):
    from . import _keras_layers


try:
    from wrapt import register_post_import_hook
except ModuleNotFoundError:  # like TensorFlow, which requires it: the process only predicts
    pass
else:
    register_post_import_hook(_register_layers, "keras")
