"""The sizes and settings that a network is built for."""

from dataclasses import dataclass, field, replace

import numpy as np

from .._saved_state import integer, one_of, or_none


@dataclass(frozen=True)
class NetworkSpec:
    """Input of :meth:`Network.build`: sizes, the kind of output, dtype and seed.

    The classifier derives it from the training data. Equal specs and equal network parameters lead
    to models with equal weights, in any process, provided that tables and output biases are equal.

    Parameters
    ----------
    n_outputs : int
        The number of output units: 1 for two classes, otherwise one per class or label.
    output_activation : {"sigmoid", "softmax"}
        "softmax" for more than two classes, "sigmoid" for two classes and for multilabel targets.
    n_tokens : int or None, default=None
        The number of rows of a token embedding, including the padding id 0; None if X holds
        features. It may exceed the vocabulary.
    maxlen : int or None, default=None
        The number of tokens per document, the width of X; None if X holds features.
    n_features : int or None, default=None
        The number of columns of X if X holds features, else None.
    dtype : {"float32", "float64"}, default="float32"
        The precision of weights and arithmetic.
    seed : int, default=0
        The seed of all random draws of the network.
    vector_dim : int or None, default=None
        The length of the pretrained vectors; None without such vectors.
    table : ndarray of shape (n_tokens, vector_dim) or None, default=None
        Initial values of a token embedding: pretrained vectors, with zeros in row 0. None without
        such vectors, or to rebuild a trained network, whose weights are set later. Not compared.
    fixed_rows : ndarray of shape (n_fixed, vector_dim) or None, default=None
        Pretrained vectors of words that are looked up but never trained: id ``n_tokens`` is row 0,
        the next id row 1, and so on. Only set during training. Not compared.
    output_bias : ndarray of shape (n_outputs,) or None, default=None
        Initial bias of the output layer: log-odds, or logarithms, of the class frequencies. None
        for zeros. Not compared.

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
    output_bias: np.ndarray | None = field(default=None, compare=False, repr=False)

    _saved_state = {  # without table, fixed rows and output bias, which only training needs
        "n_outputs": integer(1),
        "output_activation": one_of("sigmoid", "softmax"),
        "n_tokens": or_none(integer(1)),
        "maxlen": or_none(integer(1)),
        "n_features": or_none(integer(1)),
        "dtype": one_of("float32", "float64"),
        "seed": integer(),
        "vector_dim": or_none(integer(1)),
    }

    @property
    def reads_tensors(self):
        """Whether X is a plain tensor, without token ids."""
        return self.vector_dim is not None and self.n_tokens == 1

    def without_starts(self):
        """Return a copy without the initial values that only training needs.

        Returns
        -------
        NetworkSpec
            With None for `table`, `fixed_rows` and `output_bias`.
        """
        return replace(self, table=None, fixed_rows=None, output_bias=None)

    def seed_for(self, name):
        """Return the seed of a layer, independent of the order in which layers are created.

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
