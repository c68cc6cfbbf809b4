"""Processes that were forked after TensorFlow had started its threads: they would hang."""

import os
import sys

_forked = []  # the number of this process, if it is one of them


def _note_fork():
    if "tensorflow" in sys.modules:
        from ._private import context_is_running

        if context_is_running():
            _forked.append(os.getpid())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def is_forked():
    """Return whether this process was forked from one in which TensorFlow was running."""
    return bool(_forked)


def refuse_fork():
    """Raise RuntimeError in a forked process, where TensorFlow would hang."""
    if _forked:
        raise RuntimeError(
            "This process was forked from one in which TensorFlow was running, whose threads do "
            "not survive a fork. Start workers with joblib's default backend (loky), with "
            'multiprocessing\'s "spawn", or use joblib.parallel_config(backend="threading").'
        )
