"""Time of a fit against ``keras.Model.fit`` with the same ids, batch size and epochs.

If skorch is installed, it trains the same network in PyTorch, as does a plain loop.
"""

import statistics
import tempfile

import numpy as np

from sklearn_textnn.classifiers import clear_program_cache

from . import models, table, torch_child
from .clock import timed

NETWORKS = {"64 filters": models.MIDDLE, "128 filters": models.TUTORIAL}


def measure(corpus, quick):
    """Fit networks of two sizes; the ratio depends on the arithmetic of a step."""
    epochs, repeats = (1, 1) if quick else (20, 3)
    seconds = {name: fit_in_turn(corpus, net, epochs, repeats) for name, net in NETWORKS.items()}
    lines = []
    for name, runs in seconds.items():
        median = {side: statistics.median(times) for side, times in runs.items()}
        again, anew = median["ours, again"], median["ours, anew"]
        theirs = median["Model.fit, plain layers"]
        lines += [
            table.faster(f"fit, {name}, architecture seen before", again, theirs, 8),
            table.faster(f"fit, {name}, architecture new", anew, theirs, 4),
            *lines_of_pytorch(name, median),
        ]
    return {
        "what": f"{len(corpus.y)} texts, {epochs} epochs in batches of {models.BATCH_SIZE}, "
        f"median of {repeats}",
        "seconds": seconds,
        "lines": lines,
    }


def lines_of_pytorch(name, median):
    again = median["ours, again"]
    if "skorch" in median:
        yield table.faster(f"fit, {name}, against skorch", again, median["skorch"], 6)
        yield table.faster(f"fit, {name}, against a PyTorch loop", again, median["PyTorch"])
    else:
        yield table.skipped(f"fit, {name}, against skorch", torch_child.INSTALL)


def fit_in_turn(corpus, network, epochs, repeats):
    """Return the seconds of each side: ours first and again, Keras on two models, and PyTorch."""
    X, y = models.ids_of(corpus.texts), corpus.y
    ids = np.asarray(X)
    clf = models.our_classifier(epochs=epochs, network=network).initialize(X, y)

    def ours():
        models.our_classifier(epochs=epochs, network=network).fit(X, y)

    def ours_anew():
        clear_program_cache()
        ours()

    def same_model():
        model = clf.model_
        model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
        fit(model)

    def plain_layers():
        fit(models.create_model(int(ids.max()) + 1, **network))

    def fit(model):
        model.fit(ids, y, batch_size=models.BATCH_SIZE, epochs=epochs, verbose=0)

    runs = {
        "ours, anew": ours_anew,
        "ours, again": ours,
        "Model.fit": same_model,
        "Model.fit, plain layers": plain_layers,
    }
    seconds = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            seconds[name].append(timed(run))
        if torch_child.IS_AVAILABLE:
            for name, value in fit_in_pytorch(ids, y, epochs, network).items():
                seconds.setdefault(name, []).append(value)
    return seconds


def fit_in_pytorch(ids, y, epochs, network):
    """Return the seconds of two ways to train the same network in PyTorch."""
    with tempfile.TemporaryDirectory() as folder:
        data = {"ids": ids.tolist(), "y": y.tolist()}
        found = torch_child.start("fit", folder, **data, epochs=epochs, network=network)
    return found["seconds"]
