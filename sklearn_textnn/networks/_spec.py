"""What a network may know about the data before it is built."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NetworkSpec:
    """All that :meth:`Network.build` needs to know: sizes, the kind of output, dtype and seed.

    The classifier derives it from the training data. Two equal specs and equal network parameters
    give models with equal weights, in any process.

    Parameters
    ----------
    n_outputs : int
        Units of the output layer: 1 for two classes, else one per class or label.
    output_activation : {"sigmoid", "softmax"}
        "softmax" for more than two classes, "sigmoid" for two classes and for multilabel targets.
    n_tokens : int or None, default=None
        Rows of a token embedding, the padding id 0 included; None where X holds features. It may
        exceed the vocabulary.
    maxlen : int or None, default=None
        Tokens per document, the width of X; None where X holds features.
    n_features : int or None, default=None
        Columns of X where X holds features, else None.
    dtype : {"float32", "float64"}, default="float32"
        Precision of weights and arithmetic.
    seed : int, default=0
        Where every random draw of the network comes from.

    Examples
    --------
    >>> from sklearn_textnn.networks import NetworkSpec
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_tokens=1747, maxlen=100)
    >>> spec.seed_for("hidden") == spec.seed_for("output")
    False
    """

    n_outputs: int
    output_activation: str
    n_tokens: int | None = None
    maxlen: int | None = None
    n_features: int | None = None
    dtype: str = "float32"
    seed: int = 0

    def seed_for(self, name):
        """Seed of one layer, independent of the order in which layers are made.

        Parameters
        ----------
        name : str
            Name of the layer.

        Returns
        -------
        int
            At least 0, below 2**31.
        """
        state = np.random.SeedSequence([self.seed, *name.encode()]).generate_state(1)
        return int(state[0] >> 1)
