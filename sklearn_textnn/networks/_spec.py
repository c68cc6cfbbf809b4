"""What a network may know about the data before it is built."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class NetworkSpec:
    """All that :meth:`Network.build` needs to know: sizes, the kind of output, dtype and seed.

    The classifier derives it from the training data. Two equal specs and equal network parameters
    give models with equal weights, in any process, provided that they start from equal tables.

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
    vector_dim : int or None, default=None
        Length of the pretrained vectors; None where none came with the ids.
    table : ndarray of shape (n_tokens, vector_dim) or None, default=None
        The pretrained vectors that a token embedding starts from, row 0 zero; None where there are
        none, or where a trained network is built again, whose weights follow. Not compared.
    fixed_rows : ndarray of shape (n_fixed, vector_dim) or None, default=None
        Pretrained vectors of words that are looked up and never trained: id ``-1`` is row 0, id
        ``-2`` row 1, and so on. Given while a network is trained, never after. Not compared.

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
    vector_dim: int | None = None
    table: np.ndarray | None = field(default=None, compare=False, repr=False)
    fixed_rows: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def reads_tensors(self):
        """Whether plain tensors came, of whose words only the padding is known."""
        return self.vector_dim is not None and self.n_tokens == 1

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
