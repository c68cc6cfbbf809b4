"""The process and the thread in which models are built, trained and used."""

import contextvars
import os
import sys
import threading
from concurrent.futures import Future

_forked = []  # the number of this process, if it is one of them


def _note_fork():
    if "tensorflow" in sys.modules:
        from ._private import context_is_running

        if context_is_running():
            _forked.append(os.getpid())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def check_process(*settings):
    """Raise an error where the state of the process would change what a classifier computes.

    Parameters
    ----------
    *settings : str
        Which of Keras' settings have to be the usual ones, see `check_settings`.

    Raises
    ------
    RuntimeError
        In a process that was forked from one with TensorFlow's threads, or in scopes in which
        TensorFlow would compute something else.
    ValueError
        If a setting of Keras is another one.
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
    """Raise RuntimeError inside of scopes in which TensorFlow would compute something else."""
    import tensorflow as tf

    inside = None
    if not tf.executing_eagerly():
        inside = "a tf.Graph or a tf.function"
    elif tf.distribute.has_strategy():
        inside = "the scope of a tf.distribute strategy"
    if inside:
        raise RuntimeError(
            f"A classifier was used inside of {inside}, which would change what it computes. Call "
            "it outside."
        )


def check_precision(dtype):
    """Raise ValueError where the backend would compute in less than the precision asked for."""
    import keras

    if dtype != "float64" or keras.config.backend() != "jax":
        return
    import jax

    if not jax.config.jax_enable_x64:
        raise ValueError(
            "dtype is 'float64', but JAX computes in 32 bits unless it is told otherwise. Set the "
            "environment variable JAX_ENABLE_X64=1 before Python starts, call "
            "jax.config.update('jax_enable_x64', True) before JAX is used, or set dtype='float32'."
        )


_SETTINGS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def check_settings(*names):
    """Raise ValueError where Keras' settings of the process would change results unseen."""
    import keras

    for name in names:
        value, usual = getattr(keras.config, name)(), _SETTINGS[name]
        if value != usual:
            raise ValueError(
                f"keras.config.{name}() is {value!r}, expected {usual!r}: results must not depend "
                f"on settings of the process. Call keras.config.set_{name}({usual!r}), and say "
                "what you need in the layers themselves and in the classifier's dtype."
            )


def in_checked_process(function, *args, settings=()):
    """Call a function in a clean thread, once `check_process` has looked at the settings."""
    check_process(*settings)
    return in_clean_thread(function, *args)


_here = threading.local()


def in_clean_thread(function, *args):
    """Call a function in a thread of its own, and return what it returns.

    Name scopes, devices, graphs, strategies and precision policies of Keras and TensorFlow belong
    to the thread that opened them, and Python interrupts the main thread only. So models are built
    and programs are traced alike whatever the caller has open, and an interrupt reaches the
    caller, who waits, rather than code that might swallow it or be left half done.
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
