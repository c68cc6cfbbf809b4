"""Time of prediction from raw texts, against Keras' tokenizer, padding and ``Model.predict``."""

import statistics

import keras
import numpy as np

from . import models, table
from .clock import timed
from .corpus import multiplied
from .tokenizer import keras_tokenizer


def measure(corpus, quick):
    """Predict on both sides, one text at a time and many at once; compare probabilities."""
    epochs, n_calls, n_texts, repeats = (1, 10, 100, 1) if quick else (5, 200, 10_000, 3)
    pipeline = models.our_pipeline(epochs=epochs).fit(corpus.texts, corpus.y)
    tokenizer = keras_tokenizer(num_words=models.NUM_WORDS)
    tokenizer.fit_on_texts(corpus.texts)
    model = pipeline[-1].model_

    def theirs(texts):
        ids = tokenizer.texts_to_sequences(texts)
        padded = keras.utils.pad_sequences(ids, maxlen=models.MAXLEN, padding="post")
        return model.predict(padded, verbose=0)

    ours = pipeline.predict_proba
    many = multiplied(corpus, n_texts).texts
    difference = float(np.abs(ours(many)[:, 1:] - theirs(many)).max())
    singles = [corpus.texts[i % len(corpus.texts)] for i in range(n_calls)]
    ours(singles[:1]), theirs(singles[:1])
    seconds = {
        "ours, one": [timed(lambda t=t: ours([t])) for t in singles],
        "theirs, one": [timed(lambda t=t: theirs([t])) for t in singles],
        "ours, many": [timed(lambda: ours(many)) for _ in range(repeats)],
        "theirs, many": [timed(lambda: theirs(many)) for _ in range(repeats)],
    }
    median = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        "what": f"median of {n_calls} single texts; {n_texts:,} texts, median of {repeats}",
        "largest difference of probabilities": difference,
        "median seconds": median,
        "lines": [
            table.faster(
                "predict_proba of one text",
                1000 * median["ours, one"],
                1000 * median["theirs, one"],
                20,
                unit="ms",
            ),
            table.faster(
                f"predict_proba of {n_texts:,} texts",
                median["ours, many"],
                median["theirs, many"],
                3,
            ),
        ],
    }
