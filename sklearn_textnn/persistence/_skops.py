"""What skops has to trust to load a pipeline of ours."""

from ._classes import TABLE

# The classes of this package that a fitted pipeline consists of, for
# ``skops.io.load(file, trusted=SKOPS_TRUSTED)``. skops makes an empty instance and sets its
# attributes, or has ``__setstate__`` do so where a class defines it: GloVeEmbedder, ModelState and
# heads, which only store, and WordVectors, which checks. The rest is not checked as `load` does.
# Of what needs TensorFlow the file is named here, so that who loads a frozen pipeline imports none.
_HEAVY = {"KerasTextClassifier": "sklearn_textnn.classifiers._classifier"}
# What files of `save` leave out: the counts from which GloVeEmbedder's partial_fit continues.
_ONLY_HERE = ["sklearn_textnn.embeddings._coverage.SeenWords"]

SKOPS_TRUSTED = sorted(
    _ONLY_HERE
    + [
        f"{_HEAVY.get(key) or entry.cls.__module__}.{key}"
        for key, entry in TABLE.items()
        if not entry.is_foreign
    ]
)
