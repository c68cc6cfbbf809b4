"""The shapes of a network's weights, without building it.

A file states both. They are compared before anything is built, so that what is built is no larger
than what the file holds.
"""

from ._faults import expect

MOST_PARTS = 64  # layers or branches of a network: each costs time to build, however small it is


def weight_shapes(network, spec):
    """Return the shapes of a network's weights.

    Parameters
    ----------
    network : Network
        One of the networks that a model file can hold.
    spec : NetworkSpec
        The sizes that it was trained for.

    Returns
    -------
    list of tuple of int

    Raises
    ------
    ModelFormatError
        If it has more layers than any model file can hold.
    """
    for name, value in network.get_params().items():
        n_parts = len(value) if isinstance(value, (tuple, list)) else 1
        expect(
            n_parts <= MOST_PARTS,
            f"its {type(network).__name__} has {n_parts} {name}, and a model file holds networks "
            f"of up to {MOST_PARTS}",
        )
    return [shape for _, shape in network.weight_shapes(spec)]
