"""What a file does not hold, given back to what was loaded and checked."""

from dataclasses import replace

from .._arrays import read_only
from ..engines import initial_model
from ._faults import expect


def restore(entry, fitted):
    """Add what a file does not hold to the attributes of an estimator.

    Parameters
    ----------
    entry : Entry
        Of its class.
    fitted : dict of str to object
        Its attributes, checked; changed in place.
    """
    add = _RESTORED.get(entry.key)
    if add is not None and fitted:
        add(fitted)


def _restore_embedder(fitted):
    fitted["embedding_matrix_"] = read_only(fitted["embedding_matrix_"])


def _restore_classifier(fitted):
    """Build the network once: it tells the order of the weights and its random layers."""
    spec, state = fitted["spec_"], fitted["_state"]
    found = _outline(fitted["network_"], spec)
    expect(
        [weight.shape for weight in state.weights] == _shapes_of(found.state, spec)
        and [*state.tables] == [*found.state.tables],
        "its weights are in another order than the network's",
    )
    expect(
        [(a.shape, a.dtype) for a in state.seeds]
        == [(a.shape, a.dtype) for a in found.state.seeds],
        "its random layers have other states than the network's",
    )
    fitted["_targets"].check_units(found.units)


def _outline(network, spec):
    """Build the network, with a table of few rows: what it is does not depend on how many."""
    small = spec if spec.n_tokens is None else replace(spec, n_tokens=min(spec.n_tokens, 2))
    return initial_model(network, small)


def _shapes_of(state, spec):
    """Tell the shapes of the weights when the tables have all their rows."""
    return [
        (spec.n_tokens, *weight.shape[1:]) if i in state.tables else weight.shape
        for i, weight in enumerate(state.weights)
    ]


_RESTORED = {
    "GloVeEmbedder": _restore_embedder,
    "KerasTextClassifier": _restore_classifier,
}
