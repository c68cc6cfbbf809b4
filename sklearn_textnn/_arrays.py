"""Read-only arrays, blocks of large matrices, log-odds of probabilities."""

import numpy as np
from scipy.special import logit

_BLOCK = 1 << 20  # numbers of a matrix to read at once: 4 MB of float32


def read_only(array):
    """Return the array itself if nothing can write to it, else a read-only view."""
    array = np.asanyarray(array)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def all_read_only(*sequences):
    """Return sequences of arrays as tuples of read-only arrays."""
    return [tuple(map(read_only, sequence)) for sequence in sequences]


def log_odds(probabilities):
    """Return the log-odds of probabilities, finite at 0 and 1 too."""
    smallest = np.finfo(float).eps
    return logit(np.clip(probabilities, smallest, 1 - smallest))


def row_blocks(matrix):
    """Yield the rows of a memory-mapped matrix in blocks, as float64."""
    step = max(1, _BLOCK // matrix.shape[1])
    for start in range(0, len(matrix), step):
        yield np.asarray(matrix[start : start + step], dtype=np.float64)
