"""Prediction in NumPy, which needs neither Keras nor TensorFlow."""

import weakref

from ..networks import ForwardPass, has_forward

_passes = weakref.WeakKeyDictionary()  # by state


def forward_pass(network, spec, state):
    """Return the function from inputs to outputs of a trained network.

    Parameters
    ----------
    network : object with ``build(spec)``
        The architecture.
    spec : NetworkSpec
        Its sizes.
    state : ModelState
        Its trained weights.

    Returns
    -------
    ForwardPass or None
        None if the network has no NumPy form.
    """
    found = _passes.get(state)
    if found is None and has_forward(network):
        found = _passes[state] = ForwardPass(network, spec, state.weights)
    return found
