"""Forward pass of a network in NumPy, over texts of any length."""

from dataclasses import dataclass

import numpy as np

from ._network import Network
from ._numpy_layers import NumpyLayers

_TOKENS_AT_A_TIME = 4096  # whose vectors and windows fit into a processor's cache


def has_forward(network):
    """Return whether a network has a NumPy form that matches its `build`.

    A subclass that overrides `build` must define its own.
    """
    line = type(network).__mro__
    if Network not in line:
        return False
    owners = [next(c for c in line if name in vars(c)) for name in ("forward", "build")]
    return owners[0] is not Network and issubclass(*owners)


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """A trained network as a function of arrays.

    Parameters
    ----------
    network : Network
        A network with a NumPy form, see `has_forward`.
    spec : NetworkSpec
        The sizes that were trained.
    weights : sequence of ndarray
        The trained weights, in the order of ``Network.weight_shapes``.
    """

    network: Network
    spec: object
    weights: tuple

    def __post_init__(self):
        paths = [path for path, _ in self.network.weight_shapes(self.spec)]
        by_path = dict(zip(paths, self.weights, strict=True))
        vars(self)["_layers"] = NumpyLayers(self.spec, by_path)

    def __call__(self, X, beside=None):
        """Return the outputs for X.

        Parameters
        ----------
        X : FlatIds, ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
            Ids or features.
        beside : ndarray of shape (n_rows, dim) or None, default=None
            Vectors of words without a row in the tables: id ``spec.n_tokens`` is row 0.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
        """
        forward, layers, cuts = self.network.forward, self._layers, self.network.ignores_padding
        if beside is not None:
            layers = layers.with_rows(beside)
        if self.network.reads == "features":
            return forward(layers, X)
        if len(X) == 1:
            return forward(layers, _one_text(X) if cuts else np.asarray(X))
        outputs = np.empty((len(X), self.spec.n_outputs), self.spec.dtype)
        for rows, ids in _of_one_length(X) if cuts else _of_one_width(X):
            outputs[rows] = forward(layers, ids)
        return outputs


def _flat(X):
    """Return concatenated ids, and where each document starts, with the end."""
    if hasattr(X, "offsets"):
        return X.ids, X.offsets
    return X.ravel(), np.arange(len(X) + 1) * X.shape[1]


def _one_text(X):
    """Return the ids of one text without padding, (1, length); a padding id if it is empty."""
    ids = _flat(X)[0]
    places = np.flatnonzero(ids)
    return ids[None, places[0] : places[-1] + 1] if len(places) else np.zeros((1, 1), ids.dtype)


def _of_one_length(X):
    """Yield batches of texts of equal length: rows and their ids without padding."""
    ids, offsets = _flat(X)
    tokens = np.flatnonzero(ids)
    first, behind = np.searchsorted(tokens, offsets[:-1]), np.searchsorted(tokens, offsets[1:])
    lengths, starts = np.zeros(len(X), np.intp), np.zeros(len(X), np.intp)
    full = np.flatnonzero(first < behind)
    starts[full] = tokens[first[full]]
    lengths[full] = tokens[behind[full] - 1] + 1 - starts[full]
    order = np.argsort(lengths, kind="stable")
    for same in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        length = lengths[same[0]] if len(same) else 0
        step = max(1, _TOKENS_AT_A_TIME // max(length, 1))
        for i in range(0, len(same), step):
            rows = same[i : i + step]
            if length:
                yield rows, ids[starts[rows, None] + np.arange(length)]
            else:
                yield rows, np.zeros((len(rows), 1), ids.dtype)


def _of_one_width(X):
    """Yield batches of texts: rows and their ids with padding."""
    step = max(1, _TOKENS_AT_A_TIME // X.shape[1])
    for i in range(0, len(X), step):
        yield slice(i, i + step), np.asarray(X[i : i + step])
