"""Attribution of predictions to words, by leaving words out or by gradients."""

import re

import numpy as np
from sklearn.pipeline import Pipeline

from .._compat import StrOptions, validate_params
from ..preprocessing import check_texts
from ._kept_tokens import attribute_spans
from ._text_explanations import TextExplanation, TextExplanations

WORD = re.compile(r"\w+")  # where no tokenizer defines words
_MOST_TEXTS = 4096  # predicted per call, which bounds memory for long texts


@validate_params(
    {"method": [StrOptions({"leave_one_out", "gradients"})], "together": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def explain_texts(classifier, texts, *, method="leave_one_out", together=False):
    """Explain predictions: which words of a text speak for which class.

    With "leave_one_out", the value of a word for a class is the log-odds of the class with the word
    minus those without it; with "gradients", it is the word's share of the log-odds. Positive
    values speak for the class. A word that the pipeline drops has the value 0.

    Parameters
    ----------
    classifier : classifier
        A fitted classifier of texts: a pipeline, a search over one, or anything else with
        `predict_proba` or `decision_function`. If its first step has `token_spans(texts)`, that
        locates the tokens; otherwise they are runs of letters, digits and underscores.
    texts : iterable of str or bytes of length n_texts
        The texts to explain. A text of n words costs n + 1 predictions.
    method : {"leave_one_out", "gradients"}, default="leave_one_out"
        "gradients" calls ``token_attributions(X)`` of the last step, which networks of token ids
        have: integrated gradients over the token vectors. They distribute the log-odds among all
        words, redundant ones included. The share of an n-gram is divided among its words.
    together : bool, default=False
        Whether to leave out all occurrences of a word at once, ignoring case; each of them gets
        the value of all. With "gradients", each gets the sum of their values.

    Returns
    -------
    TextExplanations
        One explanation per text, in order.

    Raises
    ------
    ValueError
        If `texts` is a single str, a text is missing, or tokens cannot be matched with what reaches
        the network.
    TypeError
        If one of the texts is neither str nor bytes, the classifier has neither `predict_proba` nor
        `decision_function`, or lacks the `token_attributions` that `method` needs.

    Notes
    -----
    Values of "leave_one_out" are differences, not shares: they need not add up to the prediction.
    If two words are redundant, leaving out one of them changes little. Those of "gradients" sum to
    the log-odds of the text minus those of a text of equal length whose vectors are zero.

    With `decision_function` alone, the values are on its scale instead of log-odds.

    References
    ----------
    J. Li, W. Monroe and D. Jurafsky, "Understanding Neural Networks through Representation
    Erasure", 2016, https://arxiv.org/abs/1612.08220.

    M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017,
    https://arxiv.org/abs/1703.01365.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.inspection import explain_texts
    >>> texts = ["good food", "bad food", "good service", "bad service"]
    >>> classifier = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    >>> print(explain_texts(classifier, ["Good meal!"])[0])
    class 1: Good +0.67, meal +0.00
    """
    texts = check_texts(texts, name="texts")
    score, scale, classes = _scoring_of(classifier)
    spans = _spans(classifier, texts)
    groups = [_groups(text, places, together) for text, places in zip(texts, spans, strict=True)]
    if method == "gradients":
        return _by_gradients(classifier, texts, spans, groups, _score_distinct(score, texts))
    shortened = [
        _without(text, [places[i] for i in group])
        for text, places, sets in zip(texts, spans, groups, strict=True)
        for group in sets
    ]
    scores = _score_distinct(score, texts + shortened)
    whole, rest = scores[: len(texts)], scores[len(texts) :]
    explanations, position = [], 0
    for text, places, sets, full in zip(texts, spans, groups, whole, strict=True):
        values = np.zeros((len(places), len(classes)))
        for group in sets:
            values[list(group)] = full - rest[position]
            position += 1
        explanations.append(TextExplanation(text, places, values, classes, full, scale))
    return TextExplanations(explanations)


def _by_gradients(classifier, texts, spans, groups, scores):
    """Explain by the token attributions of a pipeline's last step."""
    classes = np.asarray(classifier.classes_)
    found = attribute_spans(classifier, texts, spans)
    explanations = []
    for text, places, sets, full, single in zip(texts, spans, groups, scores, found, strict=True):
        values = np.zeros((len(places), len(classes)))
        for group in sets:
            values[list(group)] = single[list(group)].sum(axis=0)
        explanations.append(
            TextExplanation(text, places, values, classes, full, "log-odds", "gradients")
        )
    return TextExplanations(explanations)


def _scoring_of(classifier):
    """Return a function from texts to (n_texts, n_classes), its scale, and the classes."""
    if hasattr(classifier, "predict_proba"):
        classes = np.asarray(classifier.classes_)

        def log_odds(texts):
            return _log_odds(classifier.predict_proba(texts))

        return log_odds, "log-odds", classes
    if hasattr(classifier, "decision_function"):
        classes = np.asarray(classifier.classes_)

        def decisions(texts):
            values = np.asarray(classifier.decision_function(texts), dtype=float)
            return np.column_stack([-values, values]) if values.ndim == 1 else values

        return decisions, "decision function", classes
    raise TypeError(
        f"{type(classifier).__name__} has neither predict_proba nor decision_function; wrap it, "
        "for instance by CalibratedClassifierCV."
    )


def _log_odds(probabilities):
    """Return the log-odds of each class or label, finite also for probabilities of 0 and 1."""
    if isinstance(probabilities, list):  # multilabel, from scikit-learn's forests
        probabilities = np.column_stack([p[:, 1] for p in probabilities])
    probabilities = np.asarray(probabilities)
    tiny = np.finfo(probabilities.dtype).eps
    p = probabilities.astype(float)
    two_classes = p.shape[1] == 2 and np.allclose(p.sum(axis=1), 1, atol=1e-4)
    others = p[:, ::-1] if two_classes else 1 - p  # 1 - p loses digits
    return np.log(np.maximum(p, tiny)) - np.log(np.maximum(others, tiny))


def _spans(classifier, texts):
    """Return the start and end of each token of each text."""
    first = classifier
    while True:
        if hasattr(first, "best_estimator_"):
            first = first.best_estimator_
        elif isinstance(first, Pipeline):
            first = first.steps[0][1]
        else:
            break
    if hasattr(first, "token_spans"):
        return first.token_spans(texts)
    return [[match.span() for match in WORD.finditer(text)] for text in texts]


def _groups(text, spans, together):
    """Return the positions of the tokens that are left out at once."""
    if not together:
        return [(i,) for i in range(len(spans))]
    places = {}
    for i, (start, end) in enumerate(spans):
        places.setdefault(text[start:end].lower(), []).append(i)
    return list(map(tuple, places.values()))


def _without(text, spans):
    """Return the text without some tokens; the characters between tokens stay."""
    parts, position = [], 0
    for start, end in spans:
        parts.append(text[position:start])
        position = end
    return "".join([*parts, text[position:]])


def _score_distinct(score, texts):
    """Score each distinct text once."""
    row_of = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    distinct = list(row_of)
    if not distinct:
        return np.empty((0, 0))
    blocks = range(0, len(distinct), _MOST_TEXTS)
    scores = np.concatenate([score(distinct[i : i + _MOST_TEXTS]) for i in blocks])
    return scores[[row_of[text] for text in texts]]
