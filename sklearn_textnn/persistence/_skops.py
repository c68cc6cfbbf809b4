"""What skops has to trust to load a pipeline of ours."""

# The classes of this package that a fitted pipeline consists of, for
# ``skops.io.load(file, trusted=SKOPS_TRUSTED)``. skops makes an empty instance and sets its
# attributes, or has ``__setstate__`` do so where a class defines it: GloVeEmbedder and State, which
# only store, and WordVectors, which checks. The rest is not checked as `load` does.
SKOPS_TRUSTED = [
    "sklearn_textnn.classifiers._classifier.KerasTextClassifier",
    "sklearn_textnn.classifiers._states.State",
    "sklearn_textnn.classifiers._targets.Targets",
    "sklearn_textnn.embeddings._coverage.Coverage",
    "sklearn_textnn.embeddings._embedder.GloVeEmbedder",
    "sklearn_textnn.embeddings._lookup.Lookup",
    "sklearn_textnn.embeddings._vectors.WordVectors",
    "sklearn_textnn.networks._convolutional.ConvolutionalNetwork",
    "sklearn_textnn.networks._dense.DenseNetwork",
    "sklearn_textnn.networks._flatten.FlattenNetwork",
    "sklearn_textnn.networks._layers.NetworkSpec",
    "sklearn_textnn.networks._pooling.PoolingNetwork",
    "sklearn_textnn.preprocessing._containers.Vocabulary",
    "sklearn_textnn.preprocessing._pad.PadTransformer",
    "sklearn_textnn.preprocessing._tokenizer.KerasTokenizerTransformer",
]
