"""text_classifier: linear models and networks whose probabilities are averaged."""

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from ..classifiers import KerasTextClassifier
from ..embeddings import GloVeEmbedder
from ..networks import ConvolutionalNetwork, DenseNetwork
from ..preprocessing import KerasTokenizerTransformer, PadTransformer
from ._averaging import AveragingClassifier
from ._baselines import (
    features_and_classifier,
    log_count_ratio_regression,
    word_and_character_tfidf,
)

_WORDS_AND_SIGNS = r"(?u)\w+|[^\w\s]+"


def text_classifier(
    vectors=None, *, n_members=2, fast=False, class_weight=None, random_state=None, n_jobs=None
):
    """Make a classifier of texts that needs no tuning.

    It averages the probabilities of a linear model on tf-idf of words and of runs of characters,
    a linear model on log-count ratios of runs of characters, and networks: dense ones on tf-idf,
    or, with pretrained vectors, convolutional ones. All of them are stock pipelines on raw texts,
    and their parameters are keys of a grid: ``tfidf__clf__C``, ``network__clf__epochs``.

    Parameters
    ----------
    vectors : WordVectors or path-like, default=None
        Pretrained vectors that the networks start from; None for networks on tf-idf.
    n_members : int, default=2
        How many networks, from different random numbers.
    fast : bool, default=False
        Whether to leave the log-count ratios out and train one network only.
    class_weight : dict, list of dict or "balanced", default=None
        Weights of the classes, for every member; see :class:`AveragingClassifier`.
    random_state : int, RandomState instance or None, default=None
        Where the networks' weights, order of samples and dropout come from.
    n_jobs : int, default=None
        How many members to fit at the same time, in threads; None for 1, -1 for all cores.

    Returns
    -------
    AveragingClassifier
        Unfitted; its members are "tfidf", "ratios" and "network".

    See Also
    --------
    make_baselines : What it is measured against.

    Notes
    -----
    Members and numbers were chosen on the mean over seven sets; docs/design/0010 has the figures.
    What depends on the data is decided when a member is fitted: the vocabulary and, with
    `vectors`, the number of epochs and the length of texts.

    Examples
    --------
    >>> from sklearn_textnn import load_reviews
    >>> from sklearn_textnn.pipelines import text_classifier
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> classifier = text_classifier(fast=True, random_state=0).fit(texts, y)
    >>> classifier.predict_proba(["Slow, but never dull."]).shape
    (1, 2)
    """
    regression = LogisticRegression(C=30, solver="saga", tol=0.01, random_state=random_state)
    characters = CountVectorizer(analyzer="char", ngram_range=(1, 5), binary=True)
    linear = [
        ("tfidf", features_and_classifier(word_and_character_tfidf(), regression)),
        ("ratios", features_and_classifier(characters, log_count_ratio_regression())),
    ]
    of_networks = {"n_members": 1 if fast else n_members, "random_state": random_state}
    network = _dense(of_networks) if vectors is None else _convolutional(vectors, of_networks)
    return AveragingClassifier(
        [*linear[: 1 if fast else 2], ("network", network)],
        class_weight=class_weight,
        n_jobs=n_jobs,
    )


def _dense(parameters):
    """Return a pipeline that ends in a dense network on tf-idf."""
    features = TfidfVectorizer(
        token_pattern=_WORDS_AND_SIGNS, ngram_range=(1, 2), sublinear_tf=True, max_features=20_000
    )
    network = DenseNetwork(units=100, dropout=0.5)
    training = {"epochs": 10, "batch_size": 64, "optimizer__learning_rate": 0.002}
    return features_and_classifier(features, KerasTextClassifier(network, **training, **parameters))


def _convolutional(vectors, parameters):
    """Return a pipeline that ends in a convolutional network on pretrained vectors."""
    network = ConvolutionalNetwork(dropout=0.5, word_dropout=0.2, trainable="both")
    training = {"epochs": "auto", "batch_size": 128, "optimizer__learning_rate": 0.002}
    return Pipeline(
        [
            ("tokens", KerasTokenizerTransformer(unknown="keep")),
            ("pad", PadTransformer(0.99)),
            ("vectors", GloVeEmbedder(vectors)),
            ("clf", KerasTextClassifier(network, **training, **parameters)),
        ]
    )
