"""Templates of models, and functions traced on them that run on other variables."""

from contextlib import nullcontext

import keras
import tensorflow as tf

from .._models import all_layers, input_of, output_of
from .._private import call_on, replace_value, single_threaded
from . import NotTraceableError
from ._fast_layers import free_tables

# Memory of a program for each byte of its graph's description, as measured.
_MEMORY_PER_BYTE = 85


class Graph:
    """Traced function that runs on other variables than it was traced with.

    Parameters
    ----------
    function : callable
        Function from tensors to a list of tensors.
    signature : list of tf.TensorSpec
        Specs of its arguments.
    variables : list of tf.Variable
        Variables that each call replaces.
    single_thread : bool
        Whether to run on one thread, which is faster for small operations.
    """

    def __init__(self, function, signature, variables, single_thread):
        self._single_thread = single_thread
        with single_threaded() if single_thread else nullcontext():
            traced = tf.function(function, autograph=False)
            self._concrete = traced.get_concrete_function(*signature)
        places = {id(v.handle): i for i, v in enumerate(variables)}
        self._captured = []
        for tensor in self._concrete.captured_inputs:
            place = places.get(id(tensor))
            if place is None and tensor.dtype == tf.resource:
                raise NotTraceableError("the model has state that is not among its variables")
            self._captured.append((place, tensor))
        self.n_bytes = self._concrete.graph.as_graph_def().ByteSize() * _MEMORY_PER_BYTE

    def __call__(self, tensors, variables):
        """Run on some variables; return a list of tensors."""
        captured = [tensor if i is None else variables[i].handle for i, tensor in self._captured]
        return call_on(self._concrete, tensors, captured, single_thread=self._single_thread)


class Template:
    """Model that programs are traced on, with tables of unknown numbers of rows.

    Parameters
    ----------
    network, spec
        Network and sizes, as in `build_model`.
    tables : sequence of int
        Indices of the weights with one row per token.
    gather : bool, default=False
        Whether token embeddings read only the rows of a batch from their table.
    """

    def __init__(self, network, spec, tables, *, gather=False):
        self.model = network.build(spec)
        self.tables = [self.model.weights[i] for i in tables]
        free = {id(table) for table in self.tables}
        if spec.fixed_rows is not None:
            n_fixed = spec.fixed_rows.shape
            free |= {id(w) for w in self.model.non_trainable_variables if w.shape == n_fixed}
        for weight in self.model.weights:
            if id(weight) in free:
                free_rows(weight)
        free_tables(self.model, gather=gather)
        places = {id(v): i for i, v in enumerate(self.model.weights)}
        # the index of each variable among the weights; None for the state of a random layer
        self.places = [places.get(id(v)) for v in self.model.variables]
        self.has_free_rows = [id(v) in free for v in self.model.variables]
        self.input, self.output = input_of(self.model, spec), output_of(self.model, spec)
        self.reads_any_length = self.input.shape[1] is None
        self.input_dtype = keras.backend.standardize_dtype(self.input.dtype)
        self.dtype = keras.backend.standardize_dtype(self.output.dtype)
        # only recurrent layers have work for several threads; all else is faster on one
        self.single_thread = not any(
            isinstance(layer, keras.layers.RNN) for layer in all_layers(self.model)
        )

    @property
    def variables(self):
        """The TensorFlow variables of the model."""
        return [v.value for v in self.model.variables]

    def own_variables(self, state, others=(), have_free_rows=()):
        """Create variables that replace `variables` in a fit, and further ones of other arrays.

        The handles of tables have unknown numbers of rows, too: TensorFlow prepares a graph again
        for each shape of a handle, which would be once per vocabulary.
        """
        seeds = iter(state.seeds)
        arrays = [next(seeds) if i is None else state.weights[i] for i in self.places]
        pairs = zip([*arrays, *others], [*self.has_free_rows, *have_free_rows], strict=True)
        return [
            tf.Variable(a, shape=[None, *a.shape[1:]] if free else None, trainable=False)
            for a, free in pairs
        ]


def free_rows(variable):
    """Allow a Keras variable any number of rows, for functions that are traced on it."""
    value = variable.value
    shape = [None, *value.shape[1:]]
    start = tf.zeros([1, *value.shape[1:]], value.dtype)
    name = value.name.split(":")[0]  # by which LazyAdam recognizes tables
    freed = tf.Variable(start, shape=shape, trainable=value.trainable, name=name)
    replace_value(variable, freed)
