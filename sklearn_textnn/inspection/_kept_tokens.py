"""Attributions of a network, at the tokens of the texts as they were written."""

import numpy as np
from sklearn.pipeline import Pipeline


def attribute_spans(classifier, texts, spans):
    """Return for each text the values of its tokens, (n_tokens, n_classes).

    The steps before the network may drop tokens that they do not know, and cut long texts. Which
    ones they keep is found by passing each token alone; a text that was cut is passed again
    without its first or last tokens, to see which end is gone.

    Parameters
    ----------
    classifier : Pipeline, or search over one
        Fitted; its last step has ``token_attributions(X)``.
    texts : list of str
        The texts.
    spans : list of list of (int, int)
        Start and end of the tokens of each text.

    Returns
    -------
    list of ndarray of shape (n_tokens, n_classes)
        0 for a token that does not reach the network.
    """
    attribute = _attributions_of(classifier)
    words = [
        [text[start:end] for start, end in of_text]
        for text, of_text in zip(texts, spans, strict=True)
    ]
    distinct = list(dict.fromkeys(word for of_text in words for word in of_text))
    n_kept = dict(zip(distinct, map(len, attribute(distinct)), strict=True))
    n_classes = len(classifier.classes_)
    values = []
    for i, (found, of_text) in enumerate(zip(attribute(texts), words, strict=True)):
        kept = np.flatnonzero([n_kept[word] for word in of_text])
        if any(n_kept[word] > 1 for word in of_text) or len(found) > len(kept):
            raise ValueError(
                f"Text {i} has {len(of_text)} tokens and {len(found)} of them reach the network, "
                "which do not match one by one; use method='leave_one_out'."
            )
        if len(found) < len(kept):
            kept = _not_cut(attribute, texts[i], spans[i], kept, found)
        of_tokens = np.zeros((len(of_text), n_classes))
        of_tokens[kept] = found
        values.append(of_tokens)
    return values


def _attributions_of(classifier):
    """Return a function from texts to the attributions of what reaches the network."""
    while hasattr(classifier, "best_estimator_"):
        classifier = classifier.best_estimator_
    if not isinstance(classifier, Pipeline) or not hasattr(classifier[-1], "token_attributions"):
        raise TypeError(
            "method='gradients' needs a pipeline whose last step has token_attributions, such as "
            f"KerasTextClassifier. Got {type(classifier).__name__}; use method='leave_one_out'."
        )
    before, network = classifier[:-1], classifier[-1]

    def attribute(texts):
        return network.token_attributions(before.transform(texts)) if texts else []

    return attribute


def _not_cut(attribute, text, spans, kept, found):
    """Return which tokens are left of a text that was cut at its beginning or end."""
    first, last = kept[: len(found)], kept[len(kept) - len(found) :]
    beginning, end = text[: spans[first[-1]][1]], text[spans[last[0]][0] :]
    distances = [np.abs(of_part - found).max() for of_part in attribute([beginning, end])]
    return first if distances[0] < distances[1] else last
