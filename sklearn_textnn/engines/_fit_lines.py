"""Lines about fits, which say of which fit they are where several run at once."""

import threading
from contextlib import contextmanager
from itertools import count
from multiprocessing import current_process

_numbers = count(1)
_running = set()
_lock = threading.Lock()


@contextmanager
def fit_lines(plan):
    """Yield what prints the lines of a fit.

    Parameters
    ----------
    plan : Plan
        What is trained.

    Yields
    ------
    FitLines
    """
    lines = FitLines(plan)
    with _lock:
        _running.add(lines)
    try:
        yield lines
    finally:
        with _lock:
            _running.discard(lines)


class FitLines:
    """The lines of one fit that prints some.

    The fit gets a name once it is not the only such one in this process, or if the process is a
    worker, which cannot know whether there are others; its first line then says what is trained.

    Parameters
    ----------
    plan : Plan
        What is trained.
    """

    def __init__(self, plan):
        self._number, self._is_named = next(_numbers), False
        self._what = f"{plan.network!r}, {len(plan.data)} samples"

    @property
    def needs_name(self):
        """Whether other fits may print lines at the same time."""
        return self._is_named or len(_running) > 1 or current_process().name != "MainProcess"

    def say(self, line):
        """Print a line, after the fit's name where it needs one."""
        if not self.needs_name:
            print(line, flush=True)
            return
        process = current_process().name
        where = "" if process == "MainProcess" else f"{process} "
        name = f"{where}fit {self._number}: "
        first = "" if self._is_named else f"{name}{' '.join(self._what.split())}\n"
        self._is_named = True
        print(f"{first}{name}{line}", flush=True)

    def say_epoch(self, epoch, epochs, seconds, logs):
        """Print the line of an epoch."""
        values = " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
        self.say(f"Epoch {epoch + 1}/{epochs} - {seconds:.1f}s - {values}")
