"""Training step time and accuracy with a large table of token vectors."""

import numpy as np
from sklearn.model_selection import train_test_split

from sklearn_textnn.classifiers import LazyAdam

from . import models, table
from .clock import timed

# Parameters of the classifier, by name.
OPTIMIZERS = {"Adam": {"optimizer": "adam"}, "LazyAdam": {"optimizer": LazyAdam}}


def measure(corpus, quick):
    """Train on the corpus with tables of many more rows than it has words."""
    sizes, epochs = ([5_000, 10_000], 2) if quick else ([20_000, 100_000], 10)
    X, y = models.ids_of(corpus.texts), corpus.y
    split = train_test_split(np.asarray(X), y, test_size=0.25, stratify=y, random_state=0)
    figures, lines = [], []
    for n_tokens in sizes:
        theirs = keras_step(n_tokens, *split, epochs=2 if quick else 3)
        for name, params in OPTIMIZERS.items():
            ours = our_step(n_tokens, params, *split, epochs=epochs)
            figures.append(
                {"rows": n_tokens, "optimizer": name, "ms per step": ours[0], "accuracy": ours[1]}
            )
            lines.append(
                table.faster(
                    f"training step, {n_tokens:,} rows, {name}, accuracy {ours[1]:.3f}",
                    ours[0],
                    theirs,
                    unit="ms",
                )
            )
    return {
        "what": f"{epochs} epochs, batches of {models.BATCH_SIZE}; "
        f"Model.fit on the same ids, padded to {models.MAXLEN}",
        "figures": figures,
        "lines": lines,
    }


def our_step(n_tokens, params, X, X_test, y, y_test, *, epochs):
    """Return milliseconds per step, including set-up, and test accuracy."""

    def fit(epochs):
        return models.our_classifier(epochs=epochs, n_tokens=n_tokens, **params).fit(X, y)

    fit(1)  # traces
    ms = 1000 * timed(lambda: fit(epochs)) / (n_batches(y) * epochs)
    return ms, float(fit(epochs).score(X_test, y_test))


def keras_step(n_tokens, X, X_test, y, y_test, *, epochs):
    """Return milliseconds per step of ``Model.fit``."""
    model = models.create_model(n_tokens, **models.MIDDLE)

    def fit(epochs):
        model.fit(X, y, batch_size=models.BATCH_SIZE, epochs=epochs, verbose=0)

    fit(1)  # traces
    return 1000 * timed(lambda: fit(epochs)) / (n_batches(y) * epochs)


def n_batches(y):
    return -(-len(y) // models.BATCH_SIZE)
