"""Texts for the benchmarks."""

from itertools import cycle, islice
from typing import NamedTuple

import numpy as np

from sklearn_textnn.datasets import fetch_sentiment_sentences, load_reviews


class Corpus(NamedTuple):
    """Labeled texts and their name in tables."""

    name: str
    texts: list
    y: np.ndarray


def load(data_home=None):
    """Load yelp's sentences from a copy, or the embedded corpus."""
    if data_home is None:
        return Corpus("the embedded reviews", *load_reviews(return_X_y=True))
    sentences = fetch_sentiment_sentences(
        subset="yelp", data_home=data_home, download_if_missing=False, return_X_y=True
    )
    return Corpus("yelp", *sentences)


def multiplied(corpus, n_samples):
    """Repeat a corpus up to a number of texts."""
    texts = list(islice(cycle(corpus.texts), n_samples))
    return Corpus(f"{corpus.name}, repeated", texts, np.resize(corpus.y, n_samples))


def long_documents(corpus, n_tokens, *, length=230, n_words=200_000, seed=0):
    """Make documents as long as film reviews, with the word frequencies of a large corpus.

    The words of the corpus are the most frequent ones; rarer ones are made up. Frequencies fall
    with the rank as in English, by Zipf's law at first and faster after some thousand words: two
    million tokens hold 60,000 words, nearly half of them once, similar to film reviews.
    """
    rng = np.random.default_rng(seed)
    made_up = rng.choice(np.array(list("etaoinshrdlu")), size=(n_words, 11))
    sizes = rng.integers(4, 12, size=n_words)
    words = [*" ".join(corpus.texts).split()]
    words += ["".join(row[:size]) for row, size in zip(made_up, sizes, strict=True)]
    words = list(dict.fromkeys(words))[:n_words]
    rank = np.arange(1, len(words) + 1)
    weights = 1 / ((rank + 2.7) * (1 + rank / 5000))
    drawn = rng.choice(len(words), size=n_tokens, p=weights / weights.sum())
    documents = np.array(words, dtype=object)[drawn]
    return [" ".join(documents[i : i + length]) + "." for i in range(0, n_tokens, length)]
