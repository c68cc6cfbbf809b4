"""Training step time and accuracy with a large table of token vectors."""

import numpy as np
from sklearn.model_selection import train_test_split

from sklearn_textnn.classifiers import LazyAdam
from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    NgramTransformer,
    PadTransformer,
)

from . import models, table
from .clock import timed

# Parameters of the classifier, by name.
OPTIMIZERS = {"Adam": {"optimizer": "adam"}, "LazyAdam": {"optimizer": LazyAdam}}


def measure(corpus, quick, large=False):
    """Train on the corpus with tables of many more rows than it has words."""
    sizes, epochs, epochs_of_keras = [20_000, 100_000], 10, 3
    if quick or large:
        sizes, epochs, epochs_of_keras = [5_000] if quick else [100_000, 1_000_000], 2, 1
    figures, lines = [], []
    for what, X, n_tokens in inputs(corpus.texts, sizes):
        split = train_test_split(X, corpus.y, test_size=0.25, stratify=corpus.y, random_state=0)
        theirs = keras_step(n_tokens, *split, epochs=epochs_of_keras)
        for name, params in OPTIMIZERS.items():
            ms, accuracy = our_step(n_tokens, params, *split, epochs=epochs)
            figures.append(
                {"rows": what, "optimizer": name, "ms per step": ms, "accuracy": accuracy}
            )
            line = f"training step, {what}, {name}, accuracy {accuracy:.3f}"
            lines.append(table.faster(line, ms, theirs, unit="ms"))
    return {
        "what": f"{epochs} epochs, batches of {models.BATCH_SIZE}; "
        f"Model.fit on the same ids, padded to {models.MAXLEN}",
        "figures": figures,
        "lines": lines,
    }


def inputs(texts, sizes):
    """Yield ids of the words for tables of some sizes, and ids of hashed n-grams for the last."""
    ids = np.asarray(models.ids_of(texts))
    for n_tokens in sizes:
        yield f"{n_tokens:,} rows", ids, n_tokens
    tokens = KerasTokenizerTransformer(num_words=models.NUM_WORDS).fit_transform(texts)
    ngrams = NgramTransformer(n_buckets=sizes[-1]).fit_transform(tokens)
    padded = PadTransformer(maxlen=models.MAXLEN).fit_transform(ngrams)
    yield f"n-grams hashed to {sizes[-1]:,} rows", np.asarray(padded), len(ngrams.vocabulary)


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
