"""Training step and prediction time with many classes."""

import keras
import numpy as np
from keras import layers

from sklearn_textnn import KerasTextClassifier, PoolingNetwork

from . import table
from .clock import timed

N_TOKENS, LENGTH, DIM, BATCH_SIZE = 10_000, 20, 50, 32


def measure(corpus, quick):
    """Train on random texts of 20 words, at least two for each class, and predict some of them."""
    sizes, n_texts = ([20], 200) if quick else ([500, 5_000], 10_000)
    rng = np.random.default_rng(0)
    X = rng.integers(1, N_TOKENS, size=(n_texts, LENGTH))
    figures, lines = [], []
    for n_classes in sizes:
        y = rng.permutation(np.arange(n_texts) % n_classes)
        ours, theirs = our_times(X, y), keras_times(X, y, n_classes)
        figures.append({"classes": n_classes, "ours": ours, "theirs": theirs})
        for what, a, b in zip(
            ("training step", "prediction of 1,000 texts"), ours, theirs, strict=True
        ):
            lines.append(table.faster(f"{what}, {n_classes:,} classes", a, b, unit="ms"))
    return {
        "what": f"PoolingNetwork({DIM}) with Adam, {N_TOKENS:,} words, {n_texts:,} texts of "
        f"{LENGTH} words in batches of {BATCH_SIZE}",
        "figures": figures,
        "lines": lines,
    }


def our_times(X, y):
    """Return milliseconds per training step, set-up included, and per 1,000 texts to predict."""
    clf = KerasTextClassifier(
        PoolingNetwork(DIM), epochs=1, batch_size=BATCH_SIZE, n_tokens=N_TOKENS, random_state=0
    )
    return _times(lambda: clf.fit(X, y), lambda: clf.predict_proba(X[:1000]), X)


def keras_times(X, y, n_classes):
    """Return the same of ``Model.fit`` and ``Model.predict`` on plain layers."""
    ids = keras.Input((LENGTH,))
    vectors = layers.Embedding(N_TOKENS, DIM)(ids)
    pooled = layers.GlobalAveragePooling1D()(vectors), layers.GlobalMaxPooling1D()(vectors)
    outputs = layers.Dense(n_classes, activation="softmax")(layers.Concatenate()(pooled))
    model = keras.Model(ids, outputs)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return _times(
        lambda: model.fit(X, y, batch_size=BATCH_SIZE, epochs=1, verbose=0),
        lambda: model.predict(X[:1000], verbose=0),
        X,
    )


def _times(fit, predict, X):
    fit()  # traces
    step = 1000 * timed(fit) / -(-len(X) // BATCH_SIZE)
    predict()  # traces
    return step, 1000 * timed(predict) * 1000 / len(X[:1000])
