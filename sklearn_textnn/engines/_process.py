"""The process and the thread in which models are built, trained and used."""

import contextvars
import os
import sys
import threading
from concurrent.futures import Future

_forked = []  # the id of this process, if it was forked


def _note_fork():
    if "tensorflow" in sys.modules:
        from ._private import context_is_running

        if context_is_running():
            _forked.append(os.getpid())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def check_process(*settings):
    """Raise an error if the state of the process would change what a classifier computes.

    Parameters
    ----------
    *settings : str
        Settings of Keras that must have their defaults, see `check_settings`.

    Raises
    ------
    RuntimeError
        If the process was forked from one with TensorFlow's threads, or in a scope that changes
        what TensorFlow computes.
    ValueError
        If a setting of Keras has another value.
    """
    import keras

    _refuse_fork()
    if keras.config.backend() == "tensorflow":
        _refuse_scopes()
    check_settings(*settings)


def _refuse_fork():
    """Raise RuntimeError in a forked process, where TensorFlow would hang."""
    if _forked:
        raise RuntimeError(
            "This process was forked from one in which TensorFlow was running, whose threads do "
            "not survive a fork. Start workers with joblib's default backend (loky), with "
            'multiprocessing\'s "spawn", or use joblib.parallel_config(backend="threading").'
        )


def _refuse_scopes():
    """Raise RuntimeError inside a scope that changes what TensorFlow computes."""
    import tensorflow as tf

    inside = None
    if not tf.executing_eagerly():
        inside = "a tf.Graph or a tf.function"
    elif tf.distribute.has_strategy():
        inside = "the scope of a tf.distribute strategy"
    if inside:
        raise RuntimeError(
            f"A classifier was used inside {inside}, which would change what it computes. Call "
            "it outside."
        )


def check_precision(dtype):
    """Raise ValueError if the backend computes in a lower precision than requested."""
    import keras

    if dtype != "float64" or keras.config.backend() != "jax":
        return
    import jax

    if not jax.config.jax_enable_x64:
        raise ValueError(
            "dtype is 'float64', but JAX computes in 32 bits by default. Set the "
            "environment variable JAX_ENABLE_X64=1 before Python starts, call "
            "jax.config.update('jax_enable_x64', True) before JAX is used, or set dtype='float32'."
        )


_SETTINGS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def check_settings(*names):
    """Raise ValueError if global settings of Keras would silently change results."""
    import keras

    for name in names:
        value, usual = getattr(keras.config, name)(), _SETTINGS[name]
        if value != usual:
            raise ValueError(
                f"keras.config.{name}() is {value!r}, expected {usual!r}: results must not depend "
                f"on global settings. Call keras.config.set_{name}({usual!r}), and set what you "
                "need in the layers themselves and in the classifier's dtype."
            )


def in_checked_process(function, *args, settings=()):
    """Call a function in a clean thread, after `check_process`."""
    check_process(*settings)
    return in_clean_thread(function, *args)


_here = threading.local()


def in_clean_thread(function, *args):
    """Call a function in a new thread, and return its result.

    Name scopes, devices, graphs, strategies and precision policies of Keras and TensorFlow belong
    to the thread that opened them, and Python interrupts only the main thread. So the scopes of
    the caller have no effect on models and programs, and an interrupt reaches the waiting caller
    rather than code that might swallow it or stop halfway.
    """
    if getattr(_here, "is_clean", False):
        return function(*args)
    done = Future()

    def work():
        _here.is_clean = True
        try:
            done.set_result(function(*args))
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=contextvars.copy_context().run, args=(work,)).start()
    return done.result()
