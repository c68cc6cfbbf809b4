"""Memory growth over many fits, and memory of a million short texts."""

import gc
import os
import re
import sys
from pathlib import Path

import numpy as np

from sklearn_textnn import KerasTextClassifier, KerasTokenizerTransformer, PadTransformer

from . import models, table
from .corpus import long_documents

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def measure(corpus, quick):
    """Fit one architecture many times on different halves of the texts; then Keras, fewer times."""
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
    short = of_short_texts(corpus, 20_000 if quick else 1_000_000)
    return {
        "what": f"{n_fits} fits after {n_first} others, each on another half of the texts",
        "MB per fit": grown / n_fits,
        "MB per Model.fit": grown_keras / n_keras,
        "short texts": short,
        "lines": [
            table.bounded(
                f"resident memory grown over {n_fits} fits",
                grown,
                20,
                unit="MB",
                shown=" MB",
                ours=grown,
                theirs=grown_keras / n_keras * n_fits,
            ),
            table.bounded(
                f"peak of tokenizer, padding and a fit of {short['texts']:,} short texts, in "
                f"their {short['MB of texts']:.0f} MB",
                max(short["peak MB"].values()) / short["MB of texts"],
                3,
                unit="MB",
                ours=max(short["peak MB"].values()),
            ),
        ],
    }


def _growth(fit, n_first, n_fits):
    """Return the growth of resident memory over `n_fits` fits after the first ones, in MB."""
    for seed in range(n_first):
        fit(seed)
    gc.collect()
    before = resident()
    for seed in range(n_first, n_first + n_fits):
        fit(seed)
    gc.collect()
    return resident() - before


def of_short_texts(corpus, n_texts, n_words=11):
    """Return the MB that each step adds to a process with the texts and one small fit."""
    texts = long_documents(corpus, n_texts * n_words, length=n_words)
    y = np.arange(n_texts) % 2
    _steps(texts[:1000], y[:1000])
    gc.collect()
    before = resident()
    return {
        "texts": n_texts,
        "MB of texts": sum(map(sys.getsizeof, texts)) / 1e6,
        "peak MB": {name: top - before for name, top in _steps(texts, y).items()},
    }


def _steps(texts, y):
    """Return the peak memory of each step from texts to probabilities, in MB."""
    tokens, pad = KerasTokenizerTransformer(num_words=20_000), PadTransformer()
    clf = KerasTextClassifier(epochs=1, random_state=0)
    peaks, X = {}, texts
    for name, step in {
        "tokenize": lambda X: tokens.fit_transform(X),
        "pad": lambda X: pad.fit_transform(X),
        "fit": lambda X: clf.fit(X, y) and X,
        "predict": lambda X: clf.predict_proba(X),
    }.items():
        _forget_peak()
        X = step(X)
        peaks[name] = peak()
    return peaks


def _forget_peak():
    """Reset `peak`, if the system can."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")


def resident():
    """Return the resident memory in MB, or its peak if the system does not report it."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * _PAGE / 1e6
    return peak()


def peak():
    """Return the peak resident memory in MB."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 / 1e6
    import resource  # not on Windows

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1e6
