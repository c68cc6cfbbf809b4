"""Labeled texts, embedded and fetched, and pretrained word vectors."""

from ._data_home import get_data_home
from ._glove import fetch_glove
from ._reviews import load_reviews
from ._sentiment import fetch_sentiment_sentences

__all__ = ["fetch_glove", "fetch_sentiment_sentences", "get_data_home", "load_reviews"]
