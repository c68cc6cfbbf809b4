"""A process with PyTorch but without TensorFlow, since both in one process crash.

``start`` runs it; it reads what to do from a file and prints JSON.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

IS_AVAILABLE = find_spec("skorch") is not None
INSTALL = "skorch is not installed: pip install skorch torch"


def start(task, folder, **arguments):
    """Run a task in a separate process, with JSON arguments; return its result."""
    file = Path(folder) / "torch.json"
    file.write_text(json.dumps(arguments))
    command = [sys.executable, "-m", f"{__package__}.torch_child", task, str(file)]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def fit(ids, y, epochs, network):
    """Return the seconds of a fit by skorch and by a loop, and skorch's training accuracy."""
    import numpy as np

    from . import torch_models
    from .clock import timed

    ids, y = np.array(ids, dtype="int64"), np.array(y, dtype="float32")
    clf = torch_models.skorch_classifier(int(ids.max()) + 1, epochs=1, network=network)
    clf.fit(ids, y)  # PyTorch starts
    clf.set_params(max_epochs=epochs)
    seconds = {
        "skorch": timed(lambda: clf.fit(ids, y)),
        "PyTorch": timed(
            lambda: torch_models.train_in_a_loop(ids, y, epochs=epochs, network=network)
        ),
    }
    return {"seconds": seconds, "accuracy": float(clf.score(ids, y))}


def save(texts, y, epochs, path):
    """Fit a pipeline on texts and save it."""
    import joblib
    import numpy as np

    from . import torch_models

    y = np.array(y, dtype="float32")  # as its loss wants them
    joblib.dump(torch_models.skorch_pipeline(texts, y, epochs=epochs), path)


if __name__ == "__main__":
    task, file = sys.argv[1:]
    print(json.dumps({"fit": fit, "save": save}[task](**json.loads(Path(file).read_text()))))
