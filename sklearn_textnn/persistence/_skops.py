"""Names that skops has to trust to load pipelines of this package."""

from ._classes import TABLE

# The classes of this package that a fitted pipeline consists of, for
# ``skops.io.load(file, trusted=SKOPS_TRUSTED)``. skops creates an empty instance and sets its
# attributes, or calls ``__setstate__`` if the class has one: GloVeEmbedder, ModelState and heads,
# which only store, and WordVectors, which checks. Nothing else is checked, unlike in `load`.
# The module of a class that needs TensorFlow is spelled out, so that nothing imports it here.
_HEAVY = {"KerasTextClassifier": "sklearn_textnn.classifiers._classifier"}
# Not in files of `save`: the counts from which GloVeEmbedder.partial_fit continues.
_ONLY_SKOPS = ["sklearn_textnn.embeddings._coverage.SeenWords"]

SKOPS_TRUSTED = sorted(
    _ONLY_SKOPS
    + [
        f"{_HEAVY.get(key) or entry.cls.__module__}.{key}"
        for key, entry in TABLE.items()
        if not entry.is_foreign
    ]
)
