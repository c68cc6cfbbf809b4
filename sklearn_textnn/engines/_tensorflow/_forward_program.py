"""Prediction by a compiled program."""

import numpy as np
import tensorflow as tf

from ...preprocessing import FlatIds
from .._batch_memory import check_memory
from ._batches import signature, take, to_tensors, with_empty_rows
from ._graph import Graph

# Rows per step: a constant, so that results do not depend on the number of rows, and a multiple of
# what the kernels of a processor compute at once, so that they hardly depend on the position.
FORWARD_ROWS = 16
_WIDTH_STEP = 8  # the widths of predicted texts are multiples of it
_LAID_OUT = 2**22  # the most ids to lay out at once, unless one step needs more


class ForwardProgram:
    """Compiled prediction, for a fixed number of rows at a time.

    Parameters
    ----------
    template : Template
        The model.
    n_features : int or None
        The number of columns of X if X holds features, else None.
    is_sparse : bool
        Whether X is sparse.
    trims : bool
        Whether trailing padding may be cut off.
    """

    def __init__(self, template, n_features, *, is_sparse, trims):
        self._template = template
        self._trims = trims and not is_sparse and template.reads_any_length
        model, units = template.model, template.output.shape[-1]

        def forward(*X):
            n = tf.shape(X[2])[0] - 1 if is_sparse else tf.shape(X[0])[0]

            def step(i, parts):
                rows = tf.range(i * FORWARD_ROWS, (i + 1) * FORWARD_ROWS)
                return i + 1, parts.write(i, model(take(X, rows, n_features), training=False))

            steps = n // FORWARD_ROWS
            parts = tf.TensorArray(
                template.output.dtype, size=steps, element_shape=[FORWARD_ROWS, units]
            )
            _, parts = tf.while_loop(
                lambda i, _: i < steps, step, [tf.constant(0), parts], parallel_iterations=1
            )
            return [parts.concat()]

        taken = signature(template.input, "sparse" if is_sparse else "dense")
        self._graph = Graph(forward, taken, template.variables, template.single_thread)
        self.n_bytes = self._graph.n_bytes

    def variables(self, state):
        """Return variables that hold `state`, for `__call__`."""
        return self._template.own_variables(state)

    def __call__(self, X, variables):
        """Return the outputs for X, ndarray of shape (n_samples, n_outputs).

        If padding has no effect, texts are computed at their own length, rounded up, which does
        not depend on the other texts.
        """
        if not isinstance(X, FlatIds):
            return self._run(X, variables)
        widths = np.full(len(X), X.width)
        if self._trims:
            lengths = np.maximum(X.content_lengths(), 1)
            widths = np.minimum(-(-lengths // _WIDTH_STEP) * _WIDTH_STEP, X.width)
        outputs = np.empty((len(X), self._template.output.shape[-1]), self._template.dtype)
        for width in np.unique(widths):
            check_memory(self._template.model, FORWARD_ROWS, width)
            n_rows = max(_LAID_OUT // width // FORWARD_ROWS, 1) * FORWARD_ROWS
            rows = np.flatnonzero(widths == width)
            for part in np.split(rows, range(n_rows, len(rows), n_rows)):
                outputs[part] = self._run(X[part].lay_out(width), variables)
        return outputs

    def _run(self, X, variables):
        n = X.shape[0]
        X = with_empty_rows(X, -n % FORWARD_ROWS)
        (outputs,) = self._graph(to_tensors(X, self._template.input_dtype), variables)
        return outputs.numpy()[:n]
