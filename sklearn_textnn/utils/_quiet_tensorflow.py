"""Suppression of TensorFlow's startup messages."""

import os
import sys
import tempfile
import threading
from contextlib import contextmanager

_one_at_a_time = threading.RLock()  # the process has one standard error


@contextmanager
def quiet_tensorflow():
    """Context manager that suppresses the messages of TensorFlow's first import.

    While it is imported, TensorFlow writes some lines about the processor and missing GPUs, which
    no environment variable turns off. Import it for the first time inside this context, which
    discards what is written to file descriptor 2, standard error. The context also lists the
    devices, which causes the last of these lines. If an exception leaves the context, the lines
    are shown after all.

    Anything else that the process writes to standard error meanwhile, in other threads too, is
    lost, so put nothing but the import inside. This package never uses the context by itself. Each
    worker process imports TensorFlow again: pass a function that does so in this context to
    ``joblib.parallel_config(backend="loky", initializer=...)``, from joblib 1.5 on.

    Examples
    --------
    >>> from sklearn_textnn.utils import quiet_tensorflow
    >>> with quiet_tensorflow():
    ...     from sklearn_textnn import KerasTextClassifier
    """
    with _one_at_a_time, tempfile.TemporaryFile() as lines:
        try:
            terminal = os.dup(2)
        except OSError:  # closed: nothing can be written to it anyway
            yield
            return
        _flush()
        os.dup2(lines.fileno(), 2)
        failed = True
        try:
            yield
            _look_for_devices()
            failed = False
        finally:
            _flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            if failed:
                lines.seek(0)
                os.write(2, lines.read())


def _look_for_devices():
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        tensorflow.config.list_physical_devices()  # starts nothing: threads can still be set


def _flush():
    if sys.stderr is not None:
        sys.stderr.flush()
