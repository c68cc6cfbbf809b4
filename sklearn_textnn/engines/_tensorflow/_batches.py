"""X as tensors for a program: dense, as the three arrays of CSR, or as flat ids."""

import numpy as np
import tensorflow as tf
from scipy import sparse

from ...preprocessing import FlatIds


def kind_of(X):
    """Return which of the three forms X has."""
    if sparse.issparse(X):
        return "sparse"
    return "ids" if isinstance(X, FlatIds) else "dense"


def signature(symbol, kind):
    """Return the specs of the tensors of X, from the symbolic input of a model."""
    if kind == "ids":
        return [tf.TensorSpec([None], symbol.dtype), tf.TensorSpec([None, 3], tf.int64)]
    if kind == "sparse":
        index = tf.TensorSpec([None], tf.int64)
        return [tf.TensorSpec([None], symbol.dtype), index, index]
    return [tf.TensorSpec([None, *symbol.shape[1:]], symbol.dtype)]


def to_tensors(X, dtype):
    """Return X as tensors of the dtype of the model's input, which can be float even for ids."""
    if sparse.issparse(X):
        return [
            tf.constant(X.data.astype(dtype, copy=False)),
            tf.constant(X.indices, tf.int64),
            tf.constant(X.indptr, tf.int64),
        ]
    if isinstance(X, FlatIds):  # the 0 after the ids is used for all padding
        return [tf.constant(np.append(X.ids, 0).astype(dtype, copy=False)), tf.constant(X.places())]
    return [tf.constant(X.astype(dtype, copy=False))]


def take(X, rows, width):
    """Return some rows of the result of `to_tensors` as a dense batch of a given width."""
    if len(X) == 1:
        return tf.gather(X[0], rows)
    if len(X) == 2:
        ids, places = X
        first, lead, end = tf.split(tf.gather(places, rows), 3, axis=1)  # (batch, 1) each
        columns = tf.range(tf.cast(width, tf.int64))  # (width,)
        is_token = (columns >= lead) & (columns < end)
        return tf.gather(ids, tf.where(is_token, first + columns, tf.size(ids, tf.int64) - 1))
    data, indices, offsets = X
    starts, ends = tf.gather(offsets, rows), tf.gather(offsets, rows + 1)
    ragged = tf.ragged.range(starts, ends)
    places = tf.stack([ragged.value_rowids(), tf.gather(indices, ragged.values)], axis=1)
    shape = tf.stack([tf.size(rows, tf.int64), tf.constant(width, tf.int64)])
    dense = tf.scatter_nd(places, tf.gather(data, ragged.values), shape)
    return tf.ensure_shape(dense, [None, width])


def with_empty_rows(X, n):
    """Return X with `n` empty rows appended."""
    if n == 0:
        return X
    if sparse.issparse(X):
        indptr = np.concatenate([X.indptr, np.full(n, X.indptr[-1])])
        return sparse.csr_array((X.data, X.indices, indptr), shape=(X.shape[0] + n, X.shape[1]))
    return np.pad(X, ((0, n), *((0, 0) for _ in X.shape[1:])))
