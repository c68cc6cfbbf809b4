"""Growth of time and memory with the number of documents."""

import math

from . import models, table
from .clock import timed
from .corpus import multiplied
from .memory import peak


def measure(corpus, quick, large=False):
    """Preprocess, fit one epoch and predict on more and more texts; the first size warms up."""
    sizes = [200, 400, 800] if quick else [1_000, 3_000, 10_000, 30_000, 100_000]
    sizes = [1_000, 10_000, 100_000, 1_000_000] if large else sizes
    run(multiplied(corpus, sizes[0]))
    steps = [run(multiplied(corpus, n_samples)) for n_samples in sizes]
    first, middle, last = steps[0], steps[len(steps) // 2], steps[-1]
    span = f"{middle['documents']:,} to {last['documents']:,} documents"
    times = [sum(step["seconds"].values()) for step in (middle, last)]
    beyond = [step["peak MB"] - first["peak MB"] for step in (middle, last)]
    more = last["documents"] - first["documents"]
    return {
        "what": f"{sizes[0]:,} to {sizes[-1]:,} documents; fit is one epoch",
        "steps": steps,
        "kB per document": 1000 * beyond[1] / more,
        "lines": [
            table.bounded(
                f"exponent of time, {span}",
                math.log(times[1] / times[0]) / math.log(last["documents"] / middle["documents"]),
                1.1,
                unit="s",
                ours=times[1],
            ),
            table.bounded(
                f"exponent of memory, {span}",
                math.log(max(beyond[1], 0.1) / max(beyond[0], 0.1))
                / math.log(more / (middle["documents"] - first["documents"])),
                1.1,
                unit="MB",
                ours=last["peak MB"],
            ),
        ],
    }


def run(data):
    """Run a pipeline from texts to probabilities."""
    tokens, pad, clf = (step for _, step in models.our_pipeline(epochs=1).steps)
    X = data.texts
    seconds = {}

    def tokenize():
        nonlocal X
        X = tokens.fit_transform(X)

    def pad_ids():
        nonlocal X
        X = pad.fit_transform(X)

    seconds["tokenize"] = timed(tokenize)
    seconds["pad"] = timed(pad_ids)
    seconds["fit"] = timed(lambda: clf.fit(X, data.y))
    seconds["predict"] = timed(lambda: clf.predict_proba(X))
    return {"documents": len(data.y), "seconds": seconds, "peak MB": peak()}
