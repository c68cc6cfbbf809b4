"""Text classification with neural networks that behaves like the rest of scikit-learn.

Subpackages
-----------
preprocessing     texts to token ids: KerasTokenizerTransformer, NgramTransformer, PadTransformer
embeddings        token ids to pretrained vectors: WordVectors, GloVeEmbedder
networks          architectures: Dense-, Flatten-, Pooling-, ConvolutionalNetwork
classifiers       training and prediction: KerasTextClassifier, a scikit-learn classifier
pipelines         ready-made text_classifier, AveragingClassifier, and baselines
datasets          load_reviews (embedded), fetch_sentiment_sentences, fetch_glove
model_selection   compare_classifiers: nested cross-validation of any classifiers on the same folds
inspection        explain_texts; HistoryDisplay, ComparisonDisplay
persistence       save and load: fitted pipelines in files without code
serving           freeze: fitted pipelines for prediction only, without TensorFlow
utils             check_text_estimator: scikit-learn's checks for estimators that take texts

The most common names can be imported from here. They are loaded lazily, so importing the package
does not import TensorFlow.
"""

from ._lazy import attach

__version__ = "0.1.0"

_SUBPACKAGES = (
    "classifiers",
    "datasets",
    "embeddings",
    "inspection",
    "model_selection",
    "networks",
    "persistence",
    "pipelines",
    "preprocessing",
    "serving",
    "utils",
)

_HOMES = {
    "AveragingClassifier": "pipelines",
    "ConvolutionalNetwork": "networks",
    "DenseNetwork": "networks",
    "FlattenNetwork": "networks",
    "GloVeEmbedder": "embeddings",
    "KerasTextClassifier": "classifiers",
    "KerasTokenizerTransformer": "preprocessing",
    "PadTransformer": "preprocessing",
    "PoolingNetwork": "networks",
    "WordVectors": "embeddings",
    "compare_classifiers": "model_selection",
    "fetch_glove": "datasets",
    "fetch_sentiment_sentences": "datasets",
    "load_reviews": "datasets",
    "text_classifier": "pipelines",
}

__all__ = sorted([*_HOMES, *_SUBPACKAGES])


__getattr__, __dir__ = attach(__name__, _HOMES | dict.fromkeys(_SUBPACKAGES, ""))
