"""Arrays that nobody writes to, and matrices that are too large to be read at once."""

import numpy as np

_BLOCK = 1 << 20  # numbers of a matrix that are read at once: 4 MB of float32


def read_only(array):
    """Return the array itself if nobody can write to it, else a view that nobody can write to."""
    array = np.asanyarray(array)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def row_blocks(matrix):
    """Yield the rows of a mapped matrix, some at a time, as float64."""
    step = max(1, _BLOCK // matrix.shape[1])
    for start in range(0, len(matrix), step):
        yield np.asarray(matrix[start : start + step], dtype=np.float64)
