"""Keras callbacks: whether they need every batch, and their use by one fit at a time."""

import threading
from contextlib import contextmanager

import keras

from ._private import forget_model

_BATCH_HOOKS = tuple(
    name
    for name in dir(keras.callbacks.Callback)
    if name.startswith("on_") and ("batch" in name or "test" in name)
)
_lock = threading.Lock()
_in_use = set()  # ids of callbacks


def sees_batches(callback):
    """Return whether a callback has to be called at every batch."""
    return any(
        name in vars(callback)
        or getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        for name in _BATCH_HOOKS
    )


@contextmanager
def in_use(callbacks):
    """Reserve callbacks for one fit; afterwards, remove their references to its model."""
    ids = set(map(id, callbacks))
    with _lock:
        busy = [callback for callback in callbacks if id(callback) in _in_use]
        if not busy:
            _in_use.update(ids)
    if busy:
        raise RuntimeError(
            f"The callback {type(busy[0]).__name__} is in use by another fit. An instance serves "
            "one fit at a time: pass the class of the callback, or clone the classifier."
        )
    try:
        yield
    finally:
        with _lock:
            _in_use.difference_update(ids)
        for callback in callbacks:
            forget_model(callback)
