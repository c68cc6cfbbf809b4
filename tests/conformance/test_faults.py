"""External faults: Ctrl-C, a dying worker, concurrent fits and predictions.

Elsewhere: interrupts by a callback, at epochs and batches, in ``classifiers/test_training.py``; a
full disk while saving in ``persistence/``; a read-only or full data home and two processes that
write to it in ``datasets/`` and ``embeddings/``.
"""

import errno
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from joblib import _store_backends
from sklearn.base import clone

# A separate process, which can be interrupted, and whose workers can be killed.

INTERRUPTED = """
import copy, itertools, os, random, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
import numpy as np
from sklearn_textnn.classifiers import KerasTextClassifier, clear_program_cache
from sklearn_textnn.networks import ConvolutionalNetwork

rng = np.random.default_rng(0)
X, y = rng.integers(0, 6, (40, 5)), np.arange(40) % 2
clf = KerasTextClassifier(ConvolutionalNetwork(3, num_filters=2), epochs=2, random_state=0)
expected = clf.fit(X, y).predict_proba(X)

def press_ctrl_c_in(function, n_calls=500):
    # After a number of calls, so independent of thread and speed.
    calls = itertools.count(1)

    def profile(frame, event, arg):
        while frame and frame.f_code.co_name != function:
            frame = frame.f_back
        if frame and event == "call" and next(calls) == n_calls:
            os.kill(os.getpid(), signal.SIGINT)

    threading.setprofile(profile)
    sys.setprofile(profile)

for units, moment in enumerate(("_initial_model", "_trace_epoch", "epoch"), start=3):
    clf.set_params(epochs=10**9, model__units=units)  # another width: another program to trace
    before, states = dict(vars(clf)), (random.getstate(), repr(np.random.get_state()))
    press_ctrl_c_in(moment)
    try:
        clf.fit(X, y)
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError(f"nothing interrupted {moment}")
    finally:
        threading.setprofile(None)
        sys.setprofile(None)
    assert dict(vars(clf)) == before
    assert (random.getstate(), repr(np.random.get_state())) == states
    np.testing.assert_array_equal(clf.predict_proba(X), expected)
    again = copy.copy(clf).set_params(epochs=2).fit(X, y).predict_proba(X)
    clear_program_cache()
    fresh = copy.copy(clf).set_params(epochs=2).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(again, fresh)
"""

KILLED = """
import os, signal
import keras
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV
from sklearn_textnn.classifiers import KerasTextClassifier
from sklearn_textnn.networks import PoolingNetwork

PARENT = os.getpid()

class Killer(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if os.getpid() != PARENT:
            os.kill(os.getpid(), signal.SIGKILL)

rng = np.random.default_rng(0)
X, y = rng.integers(0, 6, (40, 5)), np.arange(40) % 2
clf = KerasTextClassifier(PoolingNetwork(3), epochs=2, callbacks=Killer, random_state=0)
search = GridSearchCV(clf, {"model__units": [2, 3]}, cv=2, n_jobs=2)
try:
    search.fit(X, y)
except TerminatedWorkerError as error:
    assert "unexpectedly terminated" in str(error), error
else:
    raise AssertionError("no worker was killed")
assert search.estimator is clf and not clf.__sklearn_is_fitted__()
assert not hasattr(search, "best_estimator_")
search.set_params(n_jobs=1).fit(X, y)
assert search.best_estimator_.weights_[1].shape[1] == search.best_params_["model__units"]
"""


@pytest.mark.slow
@pytest.mark.parametrize("script", [INTERRUPTED, KILLED], ids=["interrupted", "killed"])
def test_a_process_survives_ctrl_c_and_the_death_of_its_workers(script, run_python):
    """After an interrupt the old state remains, and the next fit gives the same bits as without."""
    run_python("-c", script, timeout=500)


def test_ten_threads_predict_while_one_fits(tiny, ids, labels, three_labels):
    """Each prediction is that of the old or the new state, never of a mixture."""
    seeds, targets = range(4), (labels, three_labels)
    clf = tiny().fit(ids, labels)
    states = {
        clone(clf).set_params(random_state=seed).fit(ids, y).predict_proba(ids).tobytes()
        for seed in seeds
        for y in targets
    }
    assert len(states) == 8
    stop, gate = threading.Event(), threading.Barrier(11, timeout=200)

    def predict(_):
        found = {clf.predict_proba(ids).tobytes()}  # before the first fit
        gate.wait()
        while not stop.is_set():
            found.add(clf.predict_proba(ids).tobytes())
        return found | {clf.predict_proba(ids).tobytes()}  # after the last one

    with ThreadPoolExecutor(10) as pool:
        threads = [pool.submit(predict, i) for i in range(10)]
        gate.wait()
        for seed in seeds:
            for y in targets:
                clf.set_params(random_state=seed).fit(ids, y)
        stop.set()
        found = set().union(*(thread.result() for thread in threads))
    assert found <= states
    assert len(found) > 1


def test_a_full_disk_while_caching_is_a_warning(
    text_pipeline, texts, labels, tmp_path, monkeypatch
):
    expected = text_pipeline().fit(texts, labels).predict_proba(texts)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_store_backends.numpy_pickle, "dump", full)
    cached = text_pipeline().set_params(memory=str(tmp_path))
    with pytest.warns(_store_backends.CacheWarning, match="No space left on device"):
        cached.fit(texts, labels)
    np.testing.assert_array_equal(cached.predict_proba(texts), expected)
