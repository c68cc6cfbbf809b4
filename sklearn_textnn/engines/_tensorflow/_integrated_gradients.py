"""Integrated gradients over the token vectors of trained networks."""

from dataclasses import replace

import numpy as np
import tensorflow as tf

from .._models import build_model

_FEWEST_STEPS, _MOST_STEPS = 32, 1024
_TOLERANCE = 1e-3  # largest error of the sum of the values, in log-odds
_LARGEST_TABLE = 2**23  # numbers, 64 MB


def integrate_gradients(networks, ids, beside=None):
    """Attribute the log-odds of networks, whose probabilities are averaged, to tokens.

    All vectors of a text are scaled from zero to their values together. The value of a token is the
    integral, along this line, of the gradient of the log-odds with respect to its vector. The sum
    of all values is the log-odds of the text minus those of the text with zero vectors.

    Parameters
    ----------
    networks : list of (Network, NetworkSpec, ModelState)
        Trained networks with tables of token vectors.
    ids : ndarray of int of shape (n_texts, length)
        Token ids; 0 is padding.
    beside : ndarray of shape (n_rows, dim) or None, default=None
        Vectors of words that have no row in the tables: id ``spec.n_tokens`` is row 0.

    Returns
    -------
    ndarray of float64 of shape (n_texts, length, n_outputs)
        The values; steps are added until the sum is correct to 0.001, up to 1024.

    References
    ----------
    M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017,
    https://arxiv.org/abs/1703.01365.
    """
    members = [_Member(*network, ids, beside) for network in networks]
    size = sum(vectors[0].size for member in members for vectors in member.vectors)
    values, left, n_steps = None, np.arange(len(ids)), _FEWEST_STEPS
    while len(left):
        per_call = max(1, _LARGEST_TABLE // ((n_steps + 2) * size))
        parts = [left[i : i + per_call] for i in range(0, len(left), per_call)]
        found, errors = zip(*(_integrate(members, ids[p], p, n_steps) for p in parts), strict=True)
        found = np.concatenate(found)
        if values is None:
            values = found
        values[left] = found
        left = left[np.concatenate(errors) > _TOLERANCE] if n_steps < _MOST_STEPS else left[:0]
        n_steps *= 2
    return values


class _Member:
    """One network and the vectors of the texts in each of its tables."""

    def __init__(self, network, spec, state, ids, beside):
        self.network, self.spec, self.state = network, spec, state
        self.vectors = []  # for each table, (n_texts, length, dim)
        for place in state.tables:
            table = state.weights[place]
            table = table if beside is None else np.concatenate([table, beside])
            self.vectors.append(np.where(ids[..., None] != 0, table[ids], 0).astype(float))

    def model(self, alphas, rows):
        """Build the network with a row of the tables for each token of each text and step."""
        tables = [self._table(vectors[rows], alphas) for vectors in self.vectors]
        weights = list(self.state.weights)
        for place, table in zip(self.state.tables, tables, strict=True):
            weights[place] = table
        spec = replace(self.spec.without_starts(), n_tokens=len(tables[0]), dtype="float64")
        model = build_model(self.network, spec, weights)
        return model, [model.weights[place].value for place in self.state.tables]

    @staticmethod
    def _table(vectors, alphas):
        scaled = alphas[:, None, None, None] * vectors
        rows = scaled.reshape(-1, vectors.shape[-1])
        return np.concatenate([np.zeros((1, rows.shape[1])), rows])


def _integrate(members, ids, rows, n_steps):
    """Return values, (n_texts, length, n_outputs), and the error of the sum of each text."""
    middles = (np.arange(n_steps) + 0.5) / n_steps
    alphas = np.concatenate([[0], middles, [1]])  # the ends only give the expected sum
    shape = (len(alphas), *ids.shape)
    numbers = np.where(ids != 0, 1 + np.arange(np.prod(shape)).reshape(shape), 0)
    batch = numbers.reshape(-1, ids.shape[1]).astype(np.int32)
    models, tables = zip(*(member.model(alphas, rows) for member in members), strict=True)
    flat = [table for of_one in tables for table in of_one]
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(flat)
        p = tf.add_n([model(batch, training=False) for model in models]) / len(models)
        odds = tf.math.log(p) - tf.math.log1p(-p)
        outputs = tf.unstack(odds, axis=1)
    vectors = [v[rows] for member in members for v in member.vectors]
    values = np.zeros((*ids.shape, len(outputs)))
    for k, output in enumerate(outputs):
        for gradient, of_table in zip(tape.gradient(output, flat), vectors, strict=True):
            slopes = np.asarray(tf.convert_to_tensor(gradient))[1:].reshape(*shape, -1)
            values[..., k] += (slopes[1:-1].mean(axis=0) * of_table).sum(axis=-1)
    scores = np.asarray(odds).reshape(len(alphas), len(ids), -1)
    errors = np.abs(values.sum(axis=1) - (scores[-1] - scores[0])).max(axis=1)
    return values, errors
