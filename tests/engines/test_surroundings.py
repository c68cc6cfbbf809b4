"""Results do not depend on scopes and global settings of the caller; Ctrl-C."""

import signal
import subprocess
import sys
import threading
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from sklearn_textnn.classifiers import clear_program_cache
from sklearn_textnn.engines._tensorflow import _program_cache, _training_program
from sklearn_textnn.networks import ConvolutionalNetwork, PoolingNetwork

from .conftest import IDS, assert_same_bits, fitted, kept_programs, with_keras

SMALL = PoolingNetwork(embedding_dim=4, units=3, dropout=0.2)


def of_a_function(meta):
    inputs = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(meta["n_tokens"], 3)(inputs)
    x = keras.layers.Conv1D(2, 3, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(keras.layers.Flatten()(x)))


# Scopes and settings


@pytest.mark.parametrize("network", [SMALL, of_a_function], ids=["network", "function"])
@pytest.mark.parametrize(
    "scope",
    [
        lambda: keras.name_scope("theirs"),
        lambda: tf.name_scope("theirs"),
        lambda: tf.device("/CPU:0"),
        lambda: tf.device("/GPU:0"),
        lambda: _Policy("mixed_float16"),
    ],
    ids=["Keras name", "TensorFlow name", "CPU", "GPU", "policy"],
)
def test_an_open_scope_changes_no_bit(scope, network):
    expected, plain = fitted(network, dtype="float32"), with_keras(network, dtype="float32")
    clear_program_cache()
    with scope():
        inside, plain_inside = (
            fitted(network, dtype="float32"),
            with_keras(network, dtype="float32"),
        )
        probabilities = inside.predict_proba(IDS)
    assert inside.engine_ == "TensorFlow program"
    assert_same_bits(inside, expected)
    assert_same_bits(plain_inside, plain)
    np.testing.assert_array_equal(probabilities, expected.predict_proba(IDS))
    assert_same_bits(fitted(network, dtype="float32"), expected)


class _Policy:
    """A global precision policy, within a context."""

    def __init__(self, name):
        self.name, self.before = name, keras.config.dtype_policy()

    def __enter__(self):
        keras.config.set_dtype_policy(self.name)

    def __exit__(self, *error):
        keras.config.set_dtype_policy(self.before)


@pytest.mark.parametrize(
    "scope",
    [
        lambda: tf.Graph().as_default(),
        lambda: tf.distribute.OneDeviceStrategy("/CPU:0").scope(),
        lambda: tf.distribute.MirroredStrategy(["/CPU:0"]).scope(),
    ],
    ids=["graph", "one device", "mirrored"],
)
def test_scopes_that_change_the_arithmetic_are_refused(scope):
    clf = fitted(SMALL, epochs=1)
    probabilities = clf.predict_proba(IDS)
    with scope():
        with pytest.raises(RuntimeError, match=r"used inside .*Call it outside"):
            fitted(SMALL, epochs=1)
        inside = clf.predict_proba(IDS)  # by NumPy, which no scope changes
    np.testing.assert_array_equal(inside, probabilities)
    np.testing.assert_array_equal(clf.predict_proba(IDS), probabilities)


@pytest.mark.parametrize(
    ("name", "value", "network"),
    [
        ("floatx", "float64", SMALL),
        ("floatx", "float16", of_a_function),
        ("epsilon", 1e-2, SMALL),
        ("image_data_format", "channels_first", of_a_function),
    ],
)
def test_settings_of_the_process_that_change_results_are_refused(name, value, network):
    before, usual = fitted(network, dtype="float32"), getattr(keras.config, name)()
    set_it = getattr(keras.config, f"set_{name}")
    set_it(value)
    try:
        with pytest.raises(ValueError, match=rf"keras.config.{name}\(\) is .*set_{name}"):
            fitted(network, dtype="float32")
    finally:
        set_it(usual)
    assert_same_bits(fitted(network, dtype="float32"), before)


def test_the_image_format_does_not_matter_for_networks_of_the_package():
    network = ConvolutionalNetwork(embedding_dim=4, num_filters=3)
    expected = fitted(network)
    clear_program_cache()
    keras.config.set_image_data_format("channels_first")
    try:
        assert_same_bits(fitted(network), expected)
    finally:
        keras.config.set_image_data_format("channels_last")


# Interrupts


def interrupt(*args, **kwargs):
    raise KeyboardInterrupt


def wrapped_interrupt(*args, **kwargs):
    try:
        interrupt()
    except KeyboardInterrupt as error:
        raise RuntimeError("in user code") from error


@pytest.mark.parametrize("fail", [interrupt, wrapped_interrupt])
@pytest.mark.parametrize("where", ["_trace_epoch", "_train_step", "_prepare_optimizer"])
def test_an_interrupt_while_tracing_reaches_the_caller(fail, where, monkeypatch):
    expected = fitted(SMALL)
    clear_program_cache()
    with monkeypatch.context() as patched:
        patched.setattr(_training_program.TrainingProgram, where, fail)
        with pytest.raises(KeyboardInterrupt):
            fitted(SMALL)
    assert not _program_cache._programs
    again = fitted(SMALL)
    assert again.engine_ == "TensorFlow program"
    assert_same_bits(again, expected)


def test_a_temporary_failure_is_not_remembered(monkeypatch):
    expected, step = fitted(SMALL), _training_program.TrainingProgram._train_step
    clear_program_cache()
    failures = [RuntimeError("not now")]

    def fail_once(*args):
        if failures:
            raise failures.pop()
        return step(*args)

    monkeypatch.setattr(_training_program.TrainingProgram, "_train_step", fail_once)
    again = fitted(SMALL)
    assert again.engine_ == "TensorFlow program"
    assert_same_bits(again, expected)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
def test_ctrl_c_at_any_moment_reaches_the_caller():
    network = ConvolutionalNetwork(embedding_dim=4, num_filters=3)
    expected = fitted(network)
    clear_program_cache()
    began = time.perf_counter()
    fitted(network)
    took = time.perf_counter() - began
    handler = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for i in range(12):
            clear_program_cache()
            signal.setitimer(signal.ITIMER_REAL, took * (i + 0.5) / 12)
            try:
                fitted(network, epochs=10**6)
                pytest.fail("the interrupt was lost")
            except KeyboardInterrupt:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, handler)
    assert not [p for p in _program_cache._programs.values() if isinstance(p, Exception)]
    again = fitted(network)
    assert again.engine_ == "TensorFlow program"
    assert_same_bits(again, expected)


INTERRUPTED = """
import os, signal, sys, threading
import numpy as np
from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.engines._tensorflow import _training_program
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
trace = _training_program.TrainingProgram._trace_epoch
def traced(*args):
    os.kill(os.getpid(), signal.SIGINT)
    return trace(*args)
_training_program.TrainingProgram._trace_epoch = traced
KerasTextClassifier(epochs=10**9).fit(np.array([[1, 2], [2, 1]]), [0, 1])
"""


@pytest.mark.slow
def test_a_process_interrupted_while_tracing_ends():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], timeout=300, check=False, capture_output=True
    )
    assert done.returncode in (130, -signal.SIGINT)
    assert done.stderr.rstrip().endswith(b"KeyboardInterrupt")


def test_a_name_scope_left_open_by_an_interrupt_has_no_effect():
    expected = fitted(SMALL)
    clear_program_cache()
    again = []

    def work():  # a separate thread, whose scope stays open
        keras.name_scope("left_open").__enter__()
        again.append(fitted(SMALL))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert again[0].engine_ == "TensorFlow program"
    assert_same_bits(again[0], expected)
    assert kept_programs() != []
