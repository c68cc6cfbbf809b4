"""Cache of programs, so that each is traced once per process."""

import logging
import os
import threading
from collections import OrderedDict
from numbers import Real

import tensorflow as tf

from .._interrupt import interrupts_pass
from .._private import clear_kernels
from .._process import in_clean_thread
from . import NotTraceableError

_SHARE_OF_MEMORY = 8
_MEMORY_UNKNOWN = 8 * 2**30  # on systems that do not report it

_programs = OrderedDict()
TRACING = threading.RLock()  # one program at a time, which is faster than several at once
_limit = None
_log = logging.getLogger(__name__)


def clear():
    """Remove all programs."""
    with TRACING:
        _programs.clear()
        clear_kernels()


def set_limit(n_bytes):
    """Limit the size of all programs together, in bytes; None for a share of the memory."""
    global _limit
    if n_bytes is not None and not (isinstance(n_bytes, Real) and n_bytes > 0):
        raise ValueError(f"n_bytes={n_bytes!r}, expected a number of bytes above 0, or None.")
    _limit = n_bytes
    with TRACING:
        _evict()


def _memory_limit():
    if _limit is not None:
        return _limit
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        memory = _MEMORY_UNKNOWN
    return memory // _SHARE_OF_MEMORY


def program_for(key, make):
    """Return the program of a `Key` from the cache, or make it.

    Programs are traced one at a time, which is faster than several at once. Failures are cached,
    too, but only if a second attempt fails.

    Raises
    ------
    NotTraceableError
        If the program cannot be traced; the message says why.
    """
    with TRACING:
        found = _programs.get(key.digest)
        if found is not None:
            _programs.move_to_end(key.digest)
    if found is None:
        found = in_clean_thread(_find_or_make, key, make)
    if isinstance(found, NotTraceableError):
        raise NotTraceableError(str(found))
    return found


def _find_or_make(key, make):
    with TRACING:
        if key.digest not in _programs:
            _programs[key.digest] = made = _make_program(make)
            made.held = key.held
            _evict()
        return _programs.get(key.digest)


def _make_program(make, tries=2):
    try:
        with interrupts_pass():
            return make()
    except (MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:  # of any type: Keras' own fit reports what is wrong
        if tries > 1 and not isinstance(error, NotTraceableError):
            return _make_program(make, tries - 1)
        # the message only: the traceback would keep the data alive
        reason = str(error).partition("\n")[0]
        if not isinstance(error, NotTraceableError):
            reason = f"the model cannot be traced ({type(error).__name__}: {reason})"
        _log.debug("Keras' own loops are used: %s", reason)
        return NotTraceableError(reason)


def _evict():
    """Remove the least recently used programs, down to three quarters of the limit."""
    sizes = {key: getattr(program, "n_bytes", 0) for key, program in _programs.items()}
    total, limit = sum(sizes.values()), _memory_limit()
    if total <= limit:
        return
    for key in list(_programs)[:-1]:  # the last one is about to be used
        if total <= limit * 3 / 4:
            break
        total -= sizes[key]
        del _programs[key]
    clear_kernels()
