"""One measurement in a separate process, started by ``python -m benchmarks``."""

import importlib
import json
import sys
import warnings
from pathlib import Path

from sklearn_textnn.utils import quiet_tensorflow


def main(name, data_home, vectors, size, output):
    from . import corpus

    with quiet_tensorflow():
        from . import models

        models.warm_up()
    measurement = importlib.import_module(f".{name}", __package__)
    found = corpus.load(data_home or None)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="scikeras")
        warnings.filterwarnings("ignore", module="tensorflow")
        more = {"path": vectors or None} if name == "vectors" else {}
        more |= {"large": True} if size == "large" else {}
        result = measurement.measure(found, size == "quick", **more)
    Path(output).write_text(json.dumps({"data": found.name} | result, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
