"""Texts as their user wrote them, and their words where no tokenizer says what a word is."""

import re

WORD = re.compile(r"\w+")


def check_texts(texts):
    """Return the texts as a list, or say which is none."""
    if isinstance(texts, str | bytes):
        raise ValueError("texts is a single text; expected a sequence of texts, such as [text].")
    texts = list(texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"Text {i} is of type {type(text).__name__}; expected str.")
    return texts
