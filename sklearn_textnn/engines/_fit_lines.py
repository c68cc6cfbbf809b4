"""Progress lines of fits, which name their fit if several run at once."""

import threading
from contextlib import contextmanager
from itertools import count
from multiprocessing import current_process

_numbers = count(1)
_running = set()
_lock = threading.Lock()


@contextmanager
def fit_lines(plan):
    """Yield the printer of the lines of a fit.

    Parameters
    ----------
    plan : Plan
        The plan being trained.

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
    """Printer of the lines of one fit.

    The fit gets a name if it is not the only one that prints in this process, or if the process is
    a worker, since other workers may print, too. Its first line then says what is trained.

    Parameters
    ----------
    plan : Plan
        The plan being trained.
    """

    def __init__(self, plan):
        self._number, self._is_named = next(_numbers), False
        self._what = f"{plan.network!r}, {len(plan.data)} samples"

    @property
    def needs_name(self):
        """Whether other fits may print lines at the same time."""
        return self._is_named or len(_running) > 1 or current_process().name != "MainProcess"

    def say(self, line):
        """Print a line, preceded by the name of the fit if it needs one."""
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
