"""The same random_state gives the same bits in any process, and does not change the process.

What needs a single process is tested elsewhere: the same bits twice, a RandomState instance, and
global random states that are not even read, in ``classifiers/test_training.py``; the order
of fits, threads and shared programs in ``classifiers/test_programs.py``; what importing changes
without TensorFlow in ``test_imports.py``.
"""

import json
import os

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

from sklearn_textnn import KerasTextClassifier, KerasTokenizerTransformer, PadTransformer
from sklearn_textnn.networks import NETWORKS

pytestmark = pytest.mark.slow

EXAMPLES = {cls.__name__: cls.examples()[0] for cls in NETWORKS}


def pipeline(name, **params):
    """Return a pipeline from texts; shuffled batches, dropout and early stopping draw numbers."""
    reads_ids = EXAMPLES[name].reads == "ids"
    first = [KerasTokenizerTransformer(), PadTransformer()] if reads_ids else [CountVectorizer()]
    clf = KerasTextClassifier(
        EXAMPLES[name],
        epochs=4,
        batch_size=16,
        optimizer__learning_rate=0.03,
        early_stopping=True,
        random_state=0,
        **params,
    )
    return make_pipeline(*first, clf)


@pytest.fixture
def workers():
    """End the worker processes, each with a TensorFlow of its own, after use."""
    yield
    get_reusable_executor().shutdown(wait=True)


def test_two_workers_give_the_bits_of_this_process(texts, labels, workers):
    how = {"cv": 2, "method": "predict_proba"}
    for name in ("ConvolutionalNetwork", "DenseNetwork"):
        here = cross_val_predict(pipeline(name), texts, labels, **how)
        there = cross_val_predict(pipeline(name), texts, labels, **how, n_jobs=2)
        np.testing.assert_array_equal(there, here)


# Separate processes that record their state before and after

ELSEWHERE = """
import gc, json, locale, logging, os, pickle, random, runpy, signal, sys, threading, warnings
import keras, pandas, scikeras.wrappers, sklearn.feature_extraction.text, sklearn.model_selection
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

FILE, TEXTS, LABELS, NAMES = json.loads(sys.argv[1])

def state():
    return {
        "environment": dict(os.environ),
        "python random state": repr(random.getstate()),
        "numpy random state": repr(np.random.get_state()),
        "numpy errors": np.geterr(),
        "numpy print options": repr(np.get_printoptions()),
        "warnings filters": [repr(f) for f in warnings.filters],
        "threads": sorted(t.name for t in threading.enumerate()),
        "recursion limit": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "interrupt handler": repr(signal.getsignal(signal.SIGINT)),
        "search path": list(sys.path),
        "working directory": os.getcwd(),
        "garbage collector": [gc.isenabled(), gc.get_threshold()],
        "logging": [logging.root.level, len(logging.root.handlers), tf.get_logger().level],
        "scikit-learn": repr(sklearn.get_config()),
        "keras backend": keras.config.backend(),
        "keras floatx": keras.config.floatx(),
        "keras epsilon": keras.config.epsilon(),
        "keras policy": keras.config.dtype_policy().name,
        "keras image data format": keras.config.image_data_format(),
        "keras traceback filtering": keras.config.is_traceback_filtering_enabled(),
        "keras interactive logging": keras.config.is_interactive_logging_enabled(),
        "keras custom objects": [  # but for ours, which bear the name of the package
            name for name in keras.saving.get_custom_objects() if "sklearn_textnn>" not in name
        ],
        "tensorflow threads": [
            tf.config.threading.get_intra_op_parallelism_threads(),
            tf.config.threading.get_inter_op_parallelism_threads(),
        ],
        "tensorflow eager": [tf.executing_eagerly(), tf.config.functions_run_eagerly()],
        "tensorflow jit": tf.config.optimizer.get_jit(),
        "tensorflow optimizer": repr(tf.config.optimizer.get_experimental_options()),
        "tensorflow placement": tf.config.get_soft_device_placement(),
        "tensorflow determinism": is_op_determinism_enabled(),
    }

keras.utils.set_random_seed(5)
states = {"before": state()}
import sklearn_textnn.classifiers, sklearn_textnn.networks
states["import"] = state()
pipeline = runpy.run_path(FILE)["pipeline"]  # pytest and hypothesis come along
states["before fit"] = state()
fitted = {name: pipeline(name).fit(TEXTS, LABELS) for name in reversed(NAMES)}
pipeline("PoolingNetwork", run_eagerly=True).fit(TEXTS, LABELS)
states["fit"] = state()
probabilities = {name: clf.predict_proba(TEXTS).tolist() for name, clf in fitted.items()}
for clf in fitted.values():
    clf.predict(TEXTS)
    pickle.loads(pickle.dumps(clf)).score(TEXTS, LABELS)
    clf[-1].model_
states["predict"] = state()

def draws():
    return [
        random.random(),
        np.random.random(),
        float(keras.random.uniform(())),
        float(tf.random.uniform(())),
    ]

after = draws()
keras.utils.set_random_seed(5)
print(json.dumps([states, probabilities, after, draws()]))
"""


def other_threads():
    """Return other thread settings of TensorFlow than those of this process."""
    number = "2" if os.environ.get("TF_NUM_INTRAOP_THREADS") == "1" else "1"
    return dict.fromkeys(["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], number)


@pytest.fixture(scope="module", params=[{}, other_threads()], ids=["same threads", "other threads"])
def elsewhere(request, texts, labels, run_python):
    """Return the settings of a separate process, and what it says; it fits in the reverse order."""
    arguments = json.dumps([__file__, texts, labels.tolist(), list(EXAMPLES)])
    environment = os.environ | request.param | {"PYTHONHASHSEED": "7"}
    done = run_python("-c", ELSEWHERE, arguments, env=environment)
    return request.param, *json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("before", "after"), [("before", "import"), ("before fit", "fit"), ("fit", "predict")]
)
def test_import_fit_and_predict_change_nothing_in_the_process(before, after, elsewhere):
    states = elsewhere[1]
    assert states[after] == states[before]


@pytest.mark.needs("keras>3.8")  # where set_random_seed leaves Keras' own generator as it was
def test_the_global_random_states_are_unchanged(elsewhere):
    *_, after, untouched = elsewhere
    assert after == untouched


def test_another_process_gives_equal_bits_and_close_values_at_other_settings(
    elsewhere, texts, labels
):
    changed, _, probabilities, *_ = elsewhere
    for name, found in probabilities.items():
        here = pipeline(name).fit(texts, labels).predict_proba(texts)
        np.testing.assert_allclose(found, here, rtol=0, atol=1e-5 if changed else 0)
