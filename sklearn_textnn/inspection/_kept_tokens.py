"""Attributions of a network, mapped to the tokens of the raw texts."""

import numpy as np
from sklearn.pipeline import Pipeline


def attribute_spans(classifier, texts, spans):
    """Return the values of the tokens of each text.

    The steps before the network may drop unknown tokens and truncate long texts. Passing each
    token alone shows which ones remain; passing a truncated text without its first or last tokens
    shows which end is missing. The value of an n-gram is divided equally among its words.

    Parameters
    ----------
    classifier : Pipeline, or search over one
        A fitted classifier whose last step has ``token_attributions(X)``. A step that makes
        n-grams of tokens has ``word_positions(X)``.
    texts : list of str
        The texts.
    spans : list of list of (int, int)
        Start and end of each token of each text.

    Returns
    -------
    list of ndarray of shape (n_tokens, n_classes)
        0 for a token that does not reach the network.
    """
    pipeline = _pipeline_of(classifier)
    attribute = _attributions_of(pipeline)
    words = [
        [text[start:end] for start, end in of_text]
        for text, of_text in zip(texts, spans, strict=True)
    ]
    n_classes = len(classifier.classes_)
    values = []
    all_places = _places(pipeline, attribute, texts, words)
    for i, (found, places) in enumerate(zip(attribute(texts), all_places, strict=True)):
        if places is None or len(found) > len(places):
            raise ValueError(
                f"Text {i} has {len(words[i])} tokens and {len(found)} of them reach the network, "
                "which cannot be matched one by one; use method='leave_one_out'."
            )
        if len(found) < len(places):
            places = _not_cut(attribute, texts[i], spans[i], places, found)
        of_tokens = np.zeros((len(words[i]), n_classes))
        for tokens, value in zip(places, found, strict=True):
            of_tokens[tokens] += value / len(tokens)
        values.append(of_tokens)
    return values


def _pipeline_of(classifier):
    while hasattr(classifier, "best_estimator_"):
        classifier = classifier.best_estimator_
    if not isinstance(classifier, Pipeline) or not hasattr(classifier[-1], "token_attributions"):
        raise TypeError(
            "method='gradients' needs a pipeline whose last step has token_attributions, such as "
            f"KerasTextClassifier. Got {type(classifier).__name__}; use method='leave_one_out'."
        )
    return classifier


def _attributions_of(pipeline):
    """Return a function from texts to the attributions of the tokens that reach the network."""

    def attribute(texts):
        return pipeline[-1].token_attributions(pipeline[:-1].transform(texts)) if texts else []

    return attribute


def _places(pipeline, attribute, texts, words):
    """Yield for each text the tokens of each id before truncation, or None.

    None if a single token becomes several.
    """
    steps = [step for _, step in pipeline.steps]
    split = next((i for i, step in enumerate(steps) if hasattr(step, "word_positions")), None)
    distinct = list(dict.fromkeys(word for of_text in words for word in of_text))
    if split is None or not distinct:
        n_ids = dict(zip(distinct, map(len, attribute(distinct)), strict=True))
        for of_text in words:
            counts = [n_ids[word] for word in of_text]
            yield None if max(counts, default=0) > 1 else np.flatnonzero(counts)[:, None]
        return
    ngrams, before = pipeline[split], pipeline[:split]
    alone = before.transform(distinct)
    n_ids = dict(zip(distinct, map(np.count_nonzero, alone), strict=True))
    reaching = map(len, attribute(distinct))
    # The id of a word that the network does not know may be dropped after its n-grams.
    lost = {
        word
        for word, n_reach, made, ids in zip(
            distinct, reaching, ngrams.word_positions(alone), alone, strict=True
        )
        if n_reach == len(made) - 1 and np.max(ids) >= alone.vocabulary.n_known
    }
    for of_text, made in zip(words, ngrams.word_positions(before.transform(texts)), strict=True):
        counts = [n_ids[word] for word in of_text]
        kept = np.flatnonzero(counts)
        if max(counts, default=0) > 1:
            yield None
        else:
            yield _tokens_of(made, kept, [of_text[i] in lost for i in kept])


def _tokens_of(positions, kept, is_lost):
    """Return the tokens of each n-gram, without those of a dropped word alone."""
    places, is_lost = [], list(is_lost)
    for first, last in positions:
        if first == last and is_lost[first]:  # the id of a word precedes its n-grams
            is_lost[first] = False
        else:
            places.append(kept[first : last + 1])
    return places


def _not_cut(attribute, text, spans, places, found):
    """Return what is left of a text truncated at its beginning or end."""
    first, last = places[: len(found)], places[len(places) - len(found) :]
    beginning = text[: max(spans[tokens[-1]][1] for tokens in first)]
    end = text[min(spans[tokens[0]][0] for tokens in last) :]
    distances = [np.abs(of_part - found).max() for of_part in attribute([beginning, end])]
    return first if distances[0] < distances[1] else last
