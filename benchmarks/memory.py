"""Memory that stays behind when classifiers are fitted one after the other."""

import gc
import os
import sys
from pathlib import Path

import numpy as np

from . import models, table

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def measure(corpus, quick):
    """Fit one architecture over and over on other halves of the texts; then Keras, fewer times."""
    n_first, n_fits, n_keras = (2, 3, 2) if quick else (5, 50, 10)
    epochs = 1 if quick else 2
    rng = np.random.default_rng(0)

    def ours(seed):
        rows = rng.permutation(len(corpus.y))[: len(corpus.y) // 2]
        pipeline = models.our_pipeline(epochs=epochs).set_params(clf__random_state=seed)
        texts = [corpus.texts[i] for i in rows]
        pipeline.fit(texts, corpus.y[rows]).predict_proba(texts[:10])

    ids = np.asarray(models.ids_of(corpus.texts))

    def keras_fit(seed):
        model = models.create_model(int(ids.max()) + 1, **models.MIDDLE)
        model.fit(ids, corpus.y, batch_size=models.BATCH_SIZE, epochs=1, verbose=0)

    grown = _growth(ours, n_first, n_fits)
    grown_keras = _growth(keras_fit, 2, n_keras)
    return {
        "what": f"{n_fits} fits after {n_first} others, each on another half of the texts",
        "MB per fit": grown / n_fits,
        "MB per Model.fit": grown_keras / n_keras,
        "lines": [
            table.bounded(
                f"resident memory grown over {n_fits} fits",
                grown,
                20,
                unit="MB",
                shown=" MB",
                ours=grown,
                theirs=grown_keras / n_keras * n_fits,
            )
        ],
    }


def _growth(fit, n_first, n_fits):
    """MB that the resident memory grows over `n_fits` fits after the first ones."""
    for seed in range(n_first):
        fit(seed)
    gc.collect()
    before = resident()
    for seed in range(n_first, n_first + n_fits):
        fit(seed)
    gc.collect()
    return resident() - before


def resident():
    """Resident memory of this process, in MB; where the system does not say, its peak."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * _PAGE / 1e6
    return peak()


def peak():
    """Largest resident memory that this process has had, in MB."""
    import resource  # not on Windows

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1e6 if sys.platform == "darwin" else size * 1024 / 1e6
