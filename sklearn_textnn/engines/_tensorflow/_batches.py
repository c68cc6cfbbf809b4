"""Rows of X on their way into a program, dense or as the three arrays of CSR."""

import numpy as np
import tensorflow as tf
from scipy import sparse


def signature(symbol, is_sparse):
    """Return what a program takes for X, from a symbol of the model's input."""
    if is_sparse:
        index = tf.TensorSpec([None], tf.int64)
        return [tf.TensorSpec([None], symbol.dtype), index, index]
    return [tf.TensorSpec([None, *symbol.shape[1:]], symbol.dtype)]


def to_tensors(X, dtype):
    """Return X as the model's input takes it: a function's model may take ids as floats."""
    if sparse.issparse(X):
        return [
            tf.constant(X.data.astype(dtype, copy=False)),
            tf.constant(X.indices, tf.int64),
            tf.constant(X.indptr, tf.int64),
        ]
    return [tf.constant(X.astype(dtype, copy=False))]


def take(X, rows, width):
    """Return some rows of `to_tensors` as a dense batch."""
    if len(X) == 1:
        return tf.gather(X[0], rows)
    data, indices, offsets = X
    starts, ends = tf.gather(offsets, rows), tf.gather(offsets, rows + 1)
    ragged = tf.ragged.range(starts, ends)
    places = tf.stack([ragged.value_rowids(), tf.gather(indices, ragged.values)], axis=1)
    shape = tf.stack([tf.size(rows, tf.int64), tf.constant(width, tf.int64)])
    dense = tf.scatter_nd(places, tf.gather(data, ragged.values), shape)
    return tf.ensure_shape(dense, [None, width])


def with_empty_rows(X, n):
    """Return X with `n` empty rows below."""
    if n == 0:
        return X
    if sparse.issparse(X):
        indptr = np.concatenate([X.indptr, np.full(n, X.indptr[-1])])
        return sparse.csr_array((X.data, X.indices, indptr), shape=(X.shape[0] + n, X.shape[1]))
    return np.pad(X, ((0, n), *((0, 0) for _ in X.shape[1:])))
