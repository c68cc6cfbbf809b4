"""Prediction in NumPy, which needs neither Keras nor TensorFlow."""

import weakref

from ..networks import ForwardPass, has_forward

_passes = weakref.WeakKeyDictionary()  # of states that have predicted


def forward_pass(network, spec, state):
    """Return the function from arrays to outputs that a trained network is.

    Parameters
    ----------
    network : object with ``build(spec)``
        The architecture.
    spec : NetworkSpec
        The sizes that were trained.
    state : ModelState
        The trained weights.

    Returns
    -------
    ForwardPass or None
        None where the network has no NumPy form.
    """
    found = _passes.get(state)
    if found is None and has_forward(network):
        found = _passes[state] = ForwardPass(network, spec, state.weights)
    return found
