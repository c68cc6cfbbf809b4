"""All private names of TensorFlow and Keras, each with a probe that detects its loss."""

from contextlib import contextmanager, nullcontext

import numpy as np


def call_on(program, tensors, captured, *, single_thread=False):
    """Call a concrete function on other captured inputs than it was traced with."""
    with single_threaded() if single_thread else nullcontext():
        return program._call_flat(list(tensors), captured_inputs=captured)


def replace_value(variable, value):
    """Make a Keras variable hold another ``tf.Variable``."""
    variable._value = value


@contextmanager
def single_threaded():
    """Run graphs on one thread within this context."""
    context = _context()
    before = context.function_call_options
    context.function_call_options = type(before)(
        executor_type="SINGLE_THREADED_EXECUTOR", config_proto=None
    )
    try:
        yield
    finally:
        context.function_call_options = before


def clear_kernels():
    """Free the kernels of deleted programs; TensorFlow keeps 1 MB for each."""
    _context().clear_kernel_cache()


def context_is_running():
    """Return whether TensorFlow has started its threads in this process."""
    from tensorflow.python.eager import context

    started = context.context_safe()
    return started is not None and getattr(started, "_initialized", True)


def decay_exemptions(optimizer):
    """Return the exemptions from weight decay, which the config of an optimizer lacks."""
    start = "_exclude_from_weight_decay"
    return {name: value for name, value in vars(optimizer).items() if name.startswith(start)}


def fixed_arguments(thing):
    """Return what a Keras loss or metric passes to its function; its config lacks some of it."""
    return getattr(thing, "_fn_kwargs", None) or {}


def forget_model(callback):
    """Remove a callback's reference to its model, so that it can be copied and pickled."""
    if "_model" in vars(callback):
        callback._model = None


def copy_direction(source, metric):
    """Give a metric the direction of another, "up" or "down", if that is known."""
    if getattr(source, "_direction", None) is not None:
        metric._direction = source._direction


def function_of(thing):
    """Return the function that a Keras loss or metric averages, or None if there is none."""
    return getattr(thing, "fn", None) or getattr(thing, "_fn", None)


def _context():
    from tensorflow.python.eager import context

    return context.context()


# Probes: each uses some names in a tiny case, and raises or returns False if one is missing.


def _runs_on_other_variables():
    import keras
    import tensorflow as tf

    table = keras.Variable(np.zeros((2, 1), "float32"))
    replace_value(table, tf.Variable(tf.zeros([1, 1]), shape=[None, 1]))
    mine = tf.Variable([[0.0], [1.0], [2.0]], shape=[None, 1])
    function = tf.function(lambda i: [tf.gather(table.value, i)], autograph=False)
    with single_threaded():
        program = function.get_concrete_function(tf.TensorSpec([], tf.int32))
        captured = [
            mine.handle if tensor is table.value.handle else tensor
            for tensor in program.captured_inputs
        ]
        return float(call_on(program, [tf.constant(2)], captured)[0][0]) == 2.0


def _sees_the_context():
    return context_is_running()


def _frees_kernels():
    return callable(_context().clear_kernel_cache)


def _finds_exemptions():
    import keras

    optimizer = keras.optimizers.SGD()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return bool(decay_exemptions(optimizer))


def _finds_fixed_arguments():
    import keras

    return fixed_arguments(keras.losses.Huber(delta=2.0)).get("delta") == 2.0


def _forgets_models():
    import keras

    callback = keras.callbacks.Callback()
    callback.set_model("model")
    forget_model(callback)
    return callback.model is None


def _copies_directions():
    import keras

    metric = keras.metrics.Mean()
    copy_direction(keras.metrics.BinaryAccuracy(), metric)
    return metric._direction == "up"


def _finds_functions():
    import keras

    return function_of(keras.metrics.BinaryAccuracy()) is keras.metrics.binary_accuracy


_PROBES = (
    _runs_on_other_variables,
    _sees_the_context,
    _frees_kernels,
    _finds_exemptions,
    _finds_fixed_arguments,
    _forgets_models,
    _copies_directions,
    _finds_functions,
)
_found = []  # the result of `fault`, once it is known


def fault():
    """Return why programs cannot run with this TensorFlow and Keras, or None."""
    if not _found:
        from ._process import in_clean_thread

        _found.append(in_clean_thread(_probe))
    return _found[0]


def _probe():
    for probe in _PROBES:
        try:
            works = probe()
        except (AttributeError, ImportError, TypeError) as error:
            return f"private names of TensorFlow or Keras have changed ({error})"
        if not works:
            return f"private names of TensorFlow or Keras have changed ({probe.__name__[1:]})"
    return None
