"""TensorFlow starts silently, and no other output is lost."""

import os
import threading

import pytest

from sklearn_textnn.utils import quiet_tensorflow

NOISY = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}

START = """
import sys
from sklearn_textnn.utils import quiet_tensorflow

with quiet_tensorflow():
    from sklearn_textnn import KerasTextClassifier, PoolingNetwork
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)  # nothing has been started
KerasTextClassifier(PoolingNetwork(2), epochs=1).fit([[1, 2], [2, 1]] * 4, [0, 1] * 4)
print("afterwards", file=sys.stderr)
"""


@pytest.mark.slow
def test_tensorflow_starts_and_trains_silently(run_python):
    assert run_python("-c", START, env=NOISY).stderr == "afterwards\n"


@pytest.mark.slow
def test_without_it_tensorflow_writes_messages(run_python):
    """Otherwise the test above could not fail; the package does not redirect by itself."""
    loud = START.replace("with quiet_tensorflow():", "if True:")
    assert "cuda" in run_python("-c", loud, env=NOISY).stderr.lower()


def test_standard_error_is_restored_afterwards(capfd):
    os.write(2, b"before ")
    with quiet_tensorflow(), quiet_tensorflow():
        os.write(2, b"during ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_output_is_shown_after_an_exception(capfd):
    def fail():
        os.write(2, b"the reason")
        raise ImportError

    with pytest.raises(ImportError), quiet_tensorflow():
        fail()
    assert capfd.readouterr().err == "the reason"


def test_threads_wait_for_each_other(capfd):
    inside, goes_on = threading.Event(), threading.Event()

    def first():
        with quiet_tensorflow():
            inside.set()
            goes_on.wait(20)

    def second():
        with quiet_tensorflow():
            pass

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    goes_on.set()
    for thread in threads:
        thread.join(20)
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_a_closed_standard_error_stays_closed(run_python):
    code = (
        "import os; os.close(2)\n"
        "from sklearn_textnn.utils import quiet_tensorflow\n"
        "with quiet_tensorflow(): print('fine')\n"
    )
    assert run_python("-c", code).stdout == "fine\n"
