"""Description of the machine and environment."""

import os
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "sklearn-textnn",
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "scikit-learn",
    "scikeras",
    "gensim",
    "skorch",
    "torch",
    "numpy",
    "pandas",
    "joblib",
)
THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "2"}


def describe(default_threads):
    """Return versions, machine, thread settings and date."""
    return {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "python": platform.python_version(),
        **{name: found for name in PACKAGES if (found := _version(name))},
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": _cores(),
        "load before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "threads": "TensorFlow's defaults" if default_threads else dict(THREADS),
    }


def environment(default_threads):
    """Return the environment of a measurement: both sides run with the same threads."""
    given = {k: v for k, v in os.environ.items() if k not in THREADS}
    return given if default_threads else given | THREADS


def _version(name):
    try:
        return version(name)
    except ModuleNotFoundError:
        return None


def _cpu():
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()
