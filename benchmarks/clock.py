"""Time, by the wall."""

import statistics
import time


def timed(run):
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def median_of(repeats, run):
    """Median seconds of several calls."""
    return statistics.median(timed(run) for _ in range(repeats))
