"""Raw texts, and their words where no tokenizer defines them."""

import re

WORD = re.compile(r"\w+")


def check_texts(texts):
    """Return the texts as a list; raise an error if one is not a str."""
    if isinstance(texts, str | bytes):
        raise ValueError("texts is a single text; expected a sequence of texts, such as [text].")
    texts = list(texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"Text {i} is of type {type(text).__name__}; expected str.")
    return texts
