"""text_classifier: the average of linear models and networks."""

from numbers import Integral
from os import PathLike

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from .._compat import IntNotBool, InvalidParameterError, StrOptions, validate_params
from .._validation import short_repr
from ..classifiers import KerasTextClassifier
from ..embeddings import GloVeEmbedder, WordVectors
from ..networks import ConvolutionalNetwork, DenseNetwork
from ..preprocessing import (
    KerasTokenizerTransformer,
    PadTransformer,
    SubwordTokenizerTransformer,
    subword_ids,
)
from ._averaging import AveragingClassifier
from ._baselines import (
    check_file_of_vectors,
    features_and_classifier,
    log_count_ratio_regression,
    word_and_character_tfidf,
)

_WORDS_AND_SIGNS = r"(?u)\w+|[^\w\s]+"
# How common subword tokenizers write frequent words: unigram, byte-level BPE, WordPiece.
_SUBWORDS = ("\u2581the", "\u0120the", "##ing")


@validate_params(
    {
        "vectors": [WordVectors, str, PathLike, None],
        "tokenizer": "no_validation",  # checked by hand, with a hint
        "n_members": [IntNotBool(1)],
        "fast": ["boolean"],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    },
    prefer_skip_nested_validation=True,
)
def text_classifier(
    vectors=None,
    *,
    tokenizer=None,
    n_members=2,
    fast=False,
    class_weight=None,
    random_state=None,
    n_jobs=None,
):
    """Make a text classifier that needs no tuning.

    It averages the probabilities of a linear model on tf-idf of words and character n-grams, a
    linear model on log-count ratios of character n-grams, and networks: dense ones on tf-idf, or
    convolutional ones on pretrained vectors. All of them are standard pipelines on raw texts, with
    parameters for grids: ``tfidf__clf__C``, ``network__clf__epochs``.

    Parameters
    ----------
    vectors : WordVectors or path-like, default=None
        Pretrained vectors to initialize the networks; None for networks on tf-idf.
    tokenizer : str, path-like or tokenizers.Tokenizer, default=None
        The tokenizer of `vectors` if those are of subwords, such as the table of a static sentence
        encoder; see :class:`~sklearn_textnn.preprocessing.SubwordTokenizerTransformer`. `vectors`
        may then be the path of such a table. None for vectors of words.
    n_members : int, default=2
        The number of networks, which differ in their seeds.
    fast : bool, default=False
        Whether to leave out the log-count ratios and train a single network.
    class_weight : dict, list of dict or "balanced", default=None
        Class weights for every member; see :class:`AveragingClassifier`.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, order of samples and dropout of the networks.
    n_jobs : int, default=None
        The number of members to fit at the same time, in threads; None for 1, -1 for all cores.

    Returns
    -------
    AveragingClassifier
        Unfitted; its members are "tfidf", "ratios" and "network".

    Raises
    ------
    ValueError
        If a parameter is outside of its range, there is a `tokenizer` without `vectors`, or no
        `tokenizer` with `vectors` of subwords.
    FileNotFoundError
        If `vectors` is a path without a file.

    See Also
    --------
    make_baselines : Linear models to compare with.

    Notes
    -----
    Members and parameters were chosen on the mean over seven datasets; docs/design/0010 has the
    figures. Fitting a member determines whatever depends on the data: the vocabulary and, with
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
    vectors = _checked(vectors, tokenizer)
    regression = LogisticRegression(C=30, solver="saga", tol=0.01, random_state=random_state)
    characters = CountVectorizer(analyzer="char", ngram_range=(1, 5), binary=True, dtype=np.float32)
    linear = [
        ("tfidf", features_and_classifier(word_and_character_tfidf(), regression)),
        ("ratios", features_and_classifier(characters, log_count_ratio_regression())),
    ]
    of_networks = {"n_members": 1 if fast else n_members, "random_state": random_state}
    if vectors is None:
        network = _dense(of_networks)
    else:
        network = _convolutional(vectors, tokenizer, of_networks)
    return AveragingClassifier(
        [*linear[: 1 if fast else 2], ("network", network)],
        class_weight=class_weight,
        n_jobs=n_jobs,
    )


def _checked(vectors, tokenizer):
    """Return the vectors; raise an error if they do not match the tokenizer."""
    check_file_of_vectors(vectors)
    if tokenizer is None:
        if isinstance(vectors, WordVectors) and any(word in vectors for word in _SUBWORDS):
            raise InvalidParameterError(
                f"The 'vectors' parameter of text_classifier is {vectors!r}, of subwords such as "
                f"{next(word for word in _SUBWORDS if word in vectors)!r}; pass the tokenizer "
                "that cuts texts into them: tokenizer=..."
            )
        return vectors
    if vectors is None:
        raise InvalidParameterError(
            f"The 'tokenizer' parameter of text_classifier is {short_repr(tokenizer)}, but there "
            "are no vectors for its subwords; pass those too: vectors=WordVectors.read(path, "
            "tokenizer=...)."
        )
    subword_ids(tokenizer)  # which refuses anything else
    if isinstance(vectors, (str, PathLike)):
        return WordVectors.read(vectors, tokenizer=tokenizer)
    return vectors


def _dense(parameters):
    """Return a pipeline of tf-idf and a dense network."""
    features = TfidfVectorizer(
        token_pattern=_WORDS_AND_SIGNS, ngram_range=(1, 2), sublinear_tf=True, max_features=20_000
    )
    network = DenseNetwork(units=100, dropout=0.5)
    training = {"epochs": 10, "batch_size": 64, "optimizer__learning_rate": 0.002}
    return features_and_classifier(features, KerasTextClassifier(network, **training, **parameters))


def _convolutional(vectors, tokenizer, parameters):
    """Return a pipeline of pretrained vectors and a convolutional network."""
    if tokenizer is None:
        tokens = KerasTokenizerTransformer(unknown="keep")
    else:
        tokens = SubwordTokenizerTransformer(tokenizer)
    network = ConvolutionalNetwork(dropout=0.5, word_dropout=0.2, trainable="both")
    training = {"epochs": "auto", "batch_size": 128, "optimizer__learning_rate": 0.002}
    return Pipeline(
        [
            ("tokens", tokens),
            ("pad", PadTransformer(0.99)),
            ("vectors", GloVeEmbedder(vectors)),
            ("clf", KerasTextClassifier(network, **training, **parameters)),
        ]
    )
