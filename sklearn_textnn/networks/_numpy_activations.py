"""Keras' activations in NumPy, for prediction without Keras.

Each maps an array to an array of the same dtype, with the default parameters of
``keras.activations``, as a network only names its activation. ``threshold`` has no defaults and is
left out.
"""

import numpy as np
from scipy import special

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al., 2017
_LEAKY_SLOPE = 0.2


def _elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _softplus(x):
    return np.logaddexp(x, x.dtype.type(0))


def _hard_sigmoid(x):
    return np.clip(x / 6 + x.dtype.type(0.5), 0, 1)


def _soft_shrink(x):
    return np.sign(x) * np.maximum(np.abs(x) - x.dtype.type(0.5), 0)


def _softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _sparse_plus(x):
    return np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x)).astype(x.dtype, copy=False)


def _sparsemax(x):
    """Compute sparsemax as Keras 3.15 does, which adds up the cumulative sums of the support."""
    in_order = -np.sort(-x, axis=-1)
    place = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    sums = np.cumsum(in_order, axis=-1)
    is_kept = in_order > (sums - 1) / place
    n_kept = is_kept.sum(axis=-1, keepdims=True).astype(x.dtype)
    excess = np.where(is_kept, sums, 0).sum(axis=-1, keepdims=True) - 1
    return np.maximum(x - excess / n_kept, 0)


NUMPY_ACTIVATIONS = {
    "celu": _elu,  # they are the same with alpha 1, the default
    "elu": _elu,
    "exponential": np.exp,
    "gelu": lambda x: x * special.ndtr(x),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, x.dtype.type(0)),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda x: x * _hard_sigmoid(x),
    "hard_swish": lambda x: x * _hard_sigmoid(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, x.dtype.type(_LEAKY_SLOPE) * x),
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -_softplus(-x),
    "log_softmax": _log_softmax,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: (
        x.dtype.type(_SELU_SCALE) * np.where(x > 0, x, x.dtype.type(_SELU_ALPHA) * _elu(x))
    ),
    "sigmoid": special.expit,
    "silu": lambda x: x * special.expit(x),
    "soft_shrink": _soft_shrink,
    "softmax": _softmax,
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": _sparsemax,
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "swish": lambda x: x * special.expit(x),
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}
# Keras' activations, without "glu", which halves its input, so that weights have other shapes.
ACTIVATIONS = [*NUMPY_ACTIVATIONS, "threshold"]
