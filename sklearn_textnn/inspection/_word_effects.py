"""Mean effects of words on the classes."""

import numpy as np
import pandas as pd

from .._compat import IntNotBool, validate_params
from ._explain_texts import explain_texts


@validate_params({"min_texts": [IntNotBool(1)]}, prefer_skip_nested_validation=True)
def word_effects(classifier, texts, *, min_texts=1):
    """Compute the mean effect of each word on the score of each class.

    Parameters
    ----------
    classifier : classifier
        A fitted classifier of texts; see :func:`explain_texts`.
    texts : iterable of str or bytes of length n_texts
        The texts to explain, preferably held-out ones. A text of n words costs up to n + 1
        predictions.
    min_texts : int, default=1
        The minimum number of texts that hold a word; the mean over few texts is noisy.

    Returns
    -------
    DataFrame
        A row for each class and word, sorted by mean effect within each class, largest first:
        `class`, `word` (in lower case), `mean_effect`, `sd_effect` (over the texts, NaN for a
        single one), and `n_texts`, the number of texts that hold the word. All occurrences of a
        word in a text are left out together.

    Raises
    ------
    ValueError, TypeError
        As :func:`explain_texts`.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.inspection import word_effects
    >>> texts = ["good food", "bad food", "good service", "bad service"]
    >>> classifier = make_pipeline(CountVectorizer(), LogisticRegression())
    >>> effects = word_effects(classifier.fit(texts, ["neg", "pos"][::-1] * 2), texts)
    >>> effects.groupby("class")["word"].first().to_dict()
    {'neg': 'bad', 'pos': 'good'}
    """
    explanations = explain_texts(classifier, texts, together=True)
    frames = [
        pd.DataFrame(
            {
                "class": label,
                "word": [token.lower() for token in one.tokens],
                "effect": one.values[:, column],
                "text": i,
            }
        )
        for i, one in enumerate(explanations)
        for column, label in enumerate(np.asarray(one.classes).tolist())
    ]
    names = ["class", "word", "mean_effect", "sd_effect", "n_texts"]
    if not frames:
        return pd.DataFrame(columns=names)
    once = pd.concat(frames).drop_duplicates(["class", "word", "text"])
    effects = once.groupby(["class", "word"], as_index=False)["effect"].agg(
        ["mean", "std", "count"]
    )
    effects.columns = names
    effects = effects[effects["n_texts"] >= min_texts]
    order = effects.sort_values(["class", "mean_effect"], ascending=[True, False], kind="stable")
    return order.reset_index(drop=True)
