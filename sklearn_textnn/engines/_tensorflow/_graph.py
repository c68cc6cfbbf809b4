"""A traced function that runs on other variables than it was traced with."""

from contextlib import nullcontext

import tensorflow as tf

from .._private import call_on, replace_value, single_threaded
from ._program_keys import NotTraceableError

# Measured: what a program takes in memory for each byte of its graph's description.
_MEMORY_PER_BYTE = 85


class Graph:
    """One traced function, and which of its captured inputs are whose variables.

    Parameters
    ----------
    function : callable
        From tensors to a list of tensors.
    signature : list of tf.TensorSpec
        Of its arguments.
    variables : list of tf.Variable
        Those that each call replaces by its own.
    single_thread : bool
        Whether to run on one thread: small ops pay more for hand-over than they gain.
    """

    def __init__(self, function, signature, variables, single_thread):
        self._executor = single_threaded if single_thread else nullcontext
        with self._executor():
            traced = tf.function(function, autograph=False)
            self._concrete = traced.get_concrete_function(*signature)
        places = {id(v.handle): i for i, v in enumerate(variables)}
        self._captured = []
        for tensor in self._concrete.captured_inputs:
            place = places.get(id(tensor))
            if place is None and tensor.dtype == tf.resource:
                raise NotTraceableError("the model keeps state that is none of its variables")
            self._captured.append((place, tensor))
        self.n_bytes = self._concrete.graph.as_graph_def().ByteSize() * _MEMORY_PER_BYTE

    def __call__(self, tensors, variables):
        """Run on some variables; return a list of tensors."""
        captured = [tensor if i is None else variables[i].handle for i, tensor in self._captured]
        with self._executor():
            return call_on(self._concrete, tensors, captured)


def free_rows(variable):
    """Let a Keras variable have any number of rows, for the functions that are traced on it."""
    value = variable.value
    shape = [None, *value.shape[1:]]
    start = tf.zeros([1, *value.shape[1:]], value.dtype)
    name = value.name.split(":")[0]  # by which LazyAdam knows tables
    freed = tf.Variable(start, shape=shape, trainable=value.trainable, name=name)
    replace_value(variable, freed)


def own_variables(arrays, have_free_rows):
    """Make variables for one fit, or one fitted state.

    The rows of a table are unknown to its handle too: TensorFlow prepares a graph anew for each
    shape of a handle, and would for each vocabulary.
    """
    return [
        tf.Variable(array, shape=[None, *array.shape[1:]] if is_free else None, trainable=False)
        for array, is_free in zip(arrays, have_free_rows, strict=True)
    ]
