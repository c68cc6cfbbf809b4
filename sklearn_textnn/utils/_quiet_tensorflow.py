"""What TensorFlow writes to the terminal as it starts, kept away."""

import os
import sys
import tempfile
import threading
from contextlib import contextmanager

_one_at_a_time = threading.RLock()  # the process has one standard error


@contextmanager
def quiet_tensorflow():
    """Keep TensorFlow's messages about the machine away from the terminal.

    While it starts TensorFlow writes some lines about the processor and missing graphics cards, an
    alarming one about CUDA among them, which no environment variable turns off. Import it for the
    first time inside of this context: until its end file descriptor 2, standard error, leads
    nowhere. The devices are looked for before the end, as the last of the lines come then. Of an
    exception that leaves the context the lines are shown after all.

    Everything that the process, other threads included, writes to standard error meanwhile is
    lost, so that nothing but the import should stand inside. This package never uses it by itself.
    Each worker process imports TensorFlow anew and needs its own: hand a function that does so to
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
        except OSError:  # closed: nothing can be written there anyway
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
