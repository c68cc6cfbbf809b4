"""Size of a pickled classifier compared with its weights."""

import pickle

import numpy as np

from . import models, table


def measure(corpus, quick):
    """Pickle fitted classifiers of both sides; the size does not depend on epochs."""
    X, y = models.ids_of(corpus.texts), corpus.y
    clf = models.our_classifier(epochs=1).fit(X, y)
    n_tokens = int(np.max(X)) + 1
    theirs = models.scikeras_pipeline(epochs=1, n_tokens=n_tokens)[-1].fit(np.asarray(X), y)
    n_weights = sum(weight.nbytes for weight in clf.weights_)
    n_ours, n_theirs = len(pickle.dumps(clf)), len(pickle.dumps(theirs))
    return {
        "what": f"weights of {n_weights:,} bytes",
        "bytes of weights": n_weights,
        "bytes of the pickle": n_ours,
        "bytes of SciKeras' pickle": n_theirs,
        "lines": [
            table.bounded(
                "pickle of a fitted classifier / its weights",
                n_ours / n_weights,
                1.2,
                unit="bytes",
                shown=" x",
                ours=n_ours,
                theirs=n_theirs,
            )
        ],
    }
