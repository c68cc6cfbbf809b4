"""text_classifier: linear models and networks whose probabilities are averaged."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from ..classifiers import KerasTextClassifier
from ..embeddings import GloVeEmbedder
from ..networks import ConvolutionalNetwork
from ..preprocessing import KerasTokenizerTransformer, PadTransformer
from ._averaging import AveragingClassifier
from ._baselines import character_tfidf, word_tfidf


def text_classifier(
    vectors=None, *, n_members=2, fast=False, class_weight=None, random_state=None, n_jobs=None
):
    """Make a classifier of texts that needs no tuning.

    It averages the probabilities of a linear model on words, one on runs of characters, and
    convolutional networks. All of them are stock pipelines on raw texts, and their parameters are
    keys of a grid: ``network__clf__model__num_filters``, ``words__clf__C``.

    Parameters
    ----------
    vectors : WordVectors or path-like, default=None
        Pretrained vectors that the networks start from; None for random ones.
    n_members : int, default=2
        How many networks, from different random numbers.
    fast : bool, default=False
        Whether to leave the linear model on characters out and train one network only.
    class_weight : dict or "balanced", default=None
        Weights of the classes, keyed by label, for every member.
    random_state : int, RandomState instance or None, default=None
        Where the networks' weights, order of samples and dropout come from.
    n_jobs : int, default=None
        How many members to fit at the same time, in threads; None for 1, -1 for all cores.

    Returns
    -------
    AveragingClassifier
        Unfitted; its members are "words", "characters" and "network".

    See Also
    --------
    make_baselines : What it is measured against.

    Notes
    -----
    What depends on the data is decided when a member is fitted: the number of epochs, the length
    of texts, the vocabulary.

    Examples
    --------
    >>> from sklearn_textnn import load_reviews
    >>> from sklearn_textnn.pipelines import text_classifier
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> classifier = text_classifier(fast=True, random_state=0).fit(texts, y)
    >>> classifier.predict_proba(["Slow, but never dull."]).shape
    (1, 2)
    """

    def linear(features):
        regression = LogisticRegression(  # this solver is the fastest for many classes
            C=10, solver="saga", tol=0.01, class_weight=class_weight, random_state=random_state
        )
        return Pipeline([("features", features), ("clf", regression)])

    network = KerasTextClassifier(
        ConvolutionalNetwork(
            kernel_size=(1, 2, 3),
            units=None,
            dropout=0.5,
            word_dropout=0.2,
            trainable=None if vectors is None else "both",
        ),
        # vectors of its own overfit after that; pretrained ones go on improving on few texts
        epochs=10 if vectors is None else "auto",
        batch_size=128,
        optimizer__learning_rate=0.002,
        n_members=1 if fast else n_members,
        class_weight=class_weight,
        random_state=random_state,
    )
    steps = [
        ("tokens", KerasTokenizerTransformer(unknown="drop" if vectors is None else "keep")),
        ("pad", PadTransformer(0.99)),
    ]
    if vectors is not None:
        steps.append(("vectors", GloVeEmbedder(vectors)))
    members = [("words", linear(word_tfidf())), ("characters", linear(character_tfidf()))]
    return AveragingClassifier(
        [*members[: 1 if fast else 2], ("network", Pipeline([*steps, ("clf", network)]))],
        n_jobs=n_jobs,
    )
