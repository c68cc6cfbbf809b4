"""The linear models that a network has to beat."""

import os

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from .._compat import InvalidParameterError, validate_params
from ..embeddings import GloVeEmbedder, WordVectors
from ._log_count_ratio import LogCountRatioTransformer

_MANY = 1000  # iterations; enough for features of unit length


def features_and_classifier(features, classifier):
    """Return a pipeline with the steps "features" and "clf"."""
    return Pipeline([("features", features), ("clf", classifier)])


def word_tfidf():
    """Return tf-idf of word unigrams and bigrams."""
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def character_tfidf():
    """Return tf-idf of character n-grams (2 to 5) within words."""
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)


def word_and_character_tfidf():
    """Return the union of word and character tf-idf."""
    return FeatureUnion([("words", word_tfidf()), ("characters", character_tfidf())])


def log_count_ratio_regression(**parameters):
    """Return one logistic regression per class, on the log-count ratios of that class."""
    regression = LogisticRegression(max_iter=_MANY, **parameters)
    return OneVsRestClassifier(make_pipeline(LogCountRatioTransformer(), regression))


def check_file_of_vectors(vectors):
    """Raise an error if vectors are a path without a file; fit may find out only after a while."""
    if isinstance(vectors, (str, os.PathLike)) and not os.path.exists(vectors):
        raise FileNotFoundError(
            f"There is no file of vectors {os.fspath(vectors)!r} (current folder: {os.getcwd()}); "
            "pass the path of one, such as sklearn_textnn.fetch_glove(dim=50)."
        )


@validate_params(
    {
        "vectors": [WordVectors, str, os.PathLike, None],
        "class_weight": "no_validation",  # checked by hand, with a hint
    },
    prefer_skip_nested_validation=True,
)
def make_baselines(vectors=None, *, class_weight=None):
    """Make the usual linear text classifiers, by name.

    Parameters
    ----------
    vectors : WordVectors or path-like, default=None
        Pretrained vectors, which add one more baseline.
    class_weight : "balanced", default=None
        Class weights of each baseline. A dict is refused, since the regressions on log-count
        ratios see one class against the rest:
        ``AveragingClassifier([("baseline", baseline)], class_weight=...)`` accepts one.

    Returns
    -------
    dict of str to Pipeline
        Unfitted, as for :func:`~sklearn_textnn.model_selection.compare_classifiers`:

        - "counts + LR": word counts and logistic regression;
        - "tf-idf + LR": tf-idf of word unigrams and bigrams;
        - "n-grams + SVC": tf-idf of word unigrams and bigrams and of character n-grams (2 to 5),
          and a linear support vector classifier, which has no probabilities;
        - "log-count ratios + LR": Wang and Manning's weights of word unigrams and bigrams, see
          :class:`LogCountRatioTransformer`;
        - "mean vectors + LR": the mean of the word vectors, if `vectors` are passed.

    Raises
    ------
    ValueError
        If `class_weight` or `vectors` are something else.
    FileNotFoundError
        If `vectors` is a path without a file.

    Notes
    -----
    The pipelines are scikit-learn's, and so are their errors: a missing text is an
    ``AttributeError`` without its row. ``compare_classifiers`` and :class:`AveragingClassifier`
    check texts and labels first, and name the row.

    References
    ----------
    S. Wang and C. D. Manning, `Baselines and bigrams: simple, good sentiment and topic
    classification <https://aclanthology.org/P12-2018/>`_, ACL 2012.

    Examples
    --------
    >>> from sklearn_textnn import load_reviews
    >>> from sklearn_textnn.pipelines import make_baselines
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> baselines = make_baselines()
    >>> list(baselines)
    ['counts + LR', 'tf-idf + LR', 'n-grams + SVC', 'log-count ratios + LR']
    >>> baselines["tf-idf + LR"].fit(texts, y).predict(["Slow, but never dull."]).shape
    (1,)
    """
    check_file_of_vectors(vectors)
    if class_weight not in (None, "balanced"):
        raise InvalidParameterError(
            f"The 'class_weight' parameter of make_baselines is {class_weight!r}, expected "
            '"balanced" or None; put a baseline into an AveragingClassifier with class_weight=...'
        )

    def regression(**parameters):
        return LogisticRegression(max_iter=_MANY, class_weight=class_weight, **parameters)

    pairs = CountVectorizer(ngram_range=(1, 2), binary=True)
    baselines = {
        "counts + LR": features_and_classifier(CountVectorizer(), regression()),
        "tf-idf + LR": features_and_classifier(word_tfidf(), regression(C=10)),
        "n-grams + SVC": features_and_classifier(
            word_and_character_tfidf(), LinearSVC(class_weight=class_weight)
        ),
        "log-count ratios + LR": features_and_classifier(
            pairs, log_count_ratio_regression(class_weight=class_weight)
        ),
    }
    if vectors is not None:
        baselines["mean vectors + LR"] = features_and_classifier(
            GloVeEmbedder(vectors, output="mean"), regression(C=10)
        )
    return baselines
