"""A model whose variables are there to be replaced."""

import keras

from .._models import all_layers, input_of, output_of
from ._fast_layers import free_tables
from ._graph import free_rows


class Template:
    """A model that programs are traced on, the rows of its tables unknown.

    Parameters
    ----------
    network, spec
        What to build.
    tables : sequence of int
        Which weights have a row per token.
    gather : bool, default=False
        Whether token embeddings read the rows of a batch instead of the whole table.
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
        # the place of each variable among the weights, or None for a random layer's state
        self.places = [places.get(id(v)) for v in self.model.variables]
        self.has_free_rows = [id(v) in free for v in self.model.variables]
        self.input, self.output = input_of(self.model, spec), output_of(self.model, spec)
        self.reads_any_length = self.input.shape[1] is None
        self.input_dtype = keras.backend.standardize_dtype(self.input.dtype)
        self.dtype = keras.backend.standardize_dtype(self.output.dtype)
        # what has no work for two threads is faster on one
        self.single_thread = not any(
            isinstance(layer, keras.layers.RNN) for layer in all_layers(self.model)
        )

    @property
    def variables(self):
        """The TensorFlow variables of the model."""
        return [v.value for v in self.model.variables]

    def values(self, state):
        """Return the arrays that stand for `variables` in a fit."""
        seeds = iter(state.seeds)
        return [next(seeds) if i is None else state.weights[i] for i in self.places]
