"""The shapes of a network's weights, told from its parameters, without building it.

A file states both. They are compared before anything is built, so that what is built is no larger
than what the file holds.
"""

from itertools import pairwise

from ._faults import expect

MOST_PARTS = 64  # layers or branches of a network: each costs time to build, however small it is


def weight_shapes(network, spec):
    """Tell the shapes of a network's weights.

    Parameters
    ----------
    network : Network
        One of the networks that a model file can hold.
    spec : NetworkSpec
        The sizes that it was trained for.

    Returns
    -------
    list of tuple of int
        In any order.

    Raises
    ------
    ModelFormatError
        If it has more layers than any model file can hold.
    """
    return _RULES[type(network).__name__](network, spec)


def _of_dense_network(network, spec):
    return _dense(spec.n_features, *_several(network, "units"), spec.n_outputs)


def _of_flatten_network(network, spec):
    tables, width = _tables(network, spec)
    return [*tables, *_dense(spec.maxlen * width, network.units, spec.n_outputs)]


def _of_pooling_network(network, spec):
    tables, width = _tables(network, spec)
    joined = width * len(_several(network, "pooling"))
    return [*tables, *_dense(joined, network.units, spec.n_outputs)]


def _of_convolutional_network(network, spec):
    shapes, width = _tables(network, spec)
    sizes, n = _several(network, "kernel_size"), network.num_filters
    for size in sizes:
        shapes += [(size, width, n), (n,)]
    hidden = [] if network.units is None else [network.units]
    return [*shapes, *_dense(n * len(sizes), *hidden, spec.n_outputs)]


_RULES = {
    "ConvolutionalNetwork": _of_convolutional_network,
    "DenseNetwork": _of_dense_network,
    "FlattenNetwork": _of_flatten_network,
    "PoolingNetwork": _of_pooling_network,
}


def _tables(network, spec):
    """Tell the shapes of the token tables, and the width of a token's vector after them."""
    dim = network.embedding_dim if spec.vector_dim is None else spec.vector_dim
    n_tables = 2 if network.trainable == "both" else 1
    return [(spec.n_tokens, dim)] * n_tables, dim * n_tables


def _dense(*widths):
    """Tell the shapes of fully connected layers from one width to the next."""
    return [shape for n, units in pairwise(widths) for shape in ((n, units), (units,))]


def _several(network, name):
    """Return the values of a parameter that is one value or several of them."""
    value = getattr(network, name)
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    expect(
        len(values) <= MOST_PARTS,
        f"its {type(network).__name__} has {len(values)} {name}, and a model file holds networks "
        f"of up to {MOST_PARTS}",
    )
    return values
