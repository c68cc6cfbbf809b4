"""Wall time."""

import statistics
import time


def timed(run):
    """Return the seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def median_of(repeats, run):
    """Return the median seconds of several calls."""
    return statistics.median(timed(run) for _ in range(repeats))
