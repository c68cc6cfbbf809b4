"""Tokenizing long documents, against Keras' Tokenizer while TensorFlow still has it."""

import numpy as np

from sklearn_textnn.preprocessing import KerasTokenizerTransformer

from . import table
from .clock import median_of
from .corpus import long_documents, multiplied


def keras_tokenizer(**params):
    import tensorflow as tf

    return tf.keras.preprocessing.text.Tokenizer(**params)


def measure(corpus, quick):
    """Fit and transform on documents like film reviews, and on the corpus repeated."""
    n_tokens, repeats = (20_000, 1) if quick else (2_300_000, 3)
    words_per_text = np.mean([len(text.split()) for text in corpus.texts])
    documents = {
        "long documents": long_documents(corpus, n_tokens),
        "sentences": multiplied(corpus, int(n_tokens / words_per_text)).texts,
    }
    figures, lines = {}, []
    for name, texts in documents.items():
        theirs = keras_tokenizer()
        theirs.fit_on_texts(texts)
        expected = theirs.texts_to_sequences(texts)
        ids = KerasTokenizerTransformer().fit_transform(texts)
        seconds = {
            "fit_transform": median_of(repeats, lambda t=texts: _fit_transform(t)),
            "fit, then transform": median_of(repeats, lambda t=texts: _fit_then_transform(t)),
            "Keras": median_of(repeats, lambda t=texts: _keras(t)),
        }
        figures[name] = {
            "documents": len(texts),
            "tokens": int(ids.lengths.sum()),
            "words": len(theirs.word_index),
            "same ids": all(map(np.array_equal, ids, expected)),
            "seconds": seconds,
        }
        long = name == "long documents"
        lines.append(
            table.faster(
                f"tokenizer, {name}",
                seconds["fit_transform"],
                seconds["Keras"],
                3 if long else None,
            )
        )
    return {"what": f"{n_tokens:,} tokens, median of {repeats}", **figures, "lines": lines}


def _fit_transform(texts):
    KerasTokenizerTransformer().fit_transform(texts)


def _fit_then_transform(texts):
    KerasTokenizerTransformer().fit(texts).transform(texts)


def _keras(texts):
    tokenizer = keras_tokenizer()
    tokenizer.fit_on_texts(texts)
    tokenizer.texts_to_sequences(texts)
