"""The layers of networks in NumPy, for ``Network.forward``.

Each method has the name and argument order of the function in ``_layers.py`` or ``_embed.py`` whose
layer it computes, and finds the weights by the layer's name. Keras is not imported.
"""

from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from ._numpy_activations import NUMPY_ACTIVATIONS

_LARGEST_PRODUCTS = 2**22  # numbers to cache for a convolution, 16 MB
_WINDOWS_AT_A_TIME = 1024  # of a long text: each takes kernel_size token vectors
_FEWEST_COLUMNS = 64
_KERNEL_ELEMENTS = 2**17  # to multiply at a time, 0.5 MB; BLAS takes several threads for more


@dataclass(frozen=True, eq=False)
class NumpyLayers:
    """The layers of one trained network.

    The result of a text is bitwise independent of other texts in the batch: each matrix product
    is that of a single text.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes that were trained; its `fixed_rows` are the vectors of words outside the table.
    weights : dict of str to ndarray
        The trained weights by their path, as ``Network.weight_shapes`` names them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_textnn.networks import NetworkSpec, NumpyLayers
    >>> spec = NetworkSpec(n_outputs=1, output_activation="sigmoid", n_features=2)
    >>> kernel, bias = np.array([[1.0], [2.0]]), np.array([-3.0])
    >>> layers = NumpyLayers(spec, {"output/kernel": kernel, "output/bias": bias})
    >>> layers.output(np.array([[1.0, 1.0]]))
    array([[0.5]])
    """

    spec: object
    weights: dict
    _known_products: dict = field(default_factory=dict, init=False, repr=False)  # of convolutions

    def with_rows(self, fixed_rows):
        """Return a copy with other words outside the table, which shares the cache of the table.

        Parameters
        ----------
        fixed_rows : ndarray of shape (n_rows, dim) or None
            Their vectors.

        Returns
        -------
        NumpyLayers
            With another `spec`.
        """
        other = copy(self)
        vars(other)["spec"] = replace(self.spec, fixed_rows=fixed_rows)
        return other

    def embed(self, ids, trainable=None):
        """Look up token vectors, (n_texts, length) to (n_texts, length, dim), zero at padding.

        Parameters
        ----------
        ids : ndarray of int of shape (n_texts, length)
            Token ids.
        trainable : bool, "both" or None, default=None
            As in :func:`embed`.

        Returns
        -------
        ndarray of shape (n_texts, length, dim)
            The rows of the tables.
        """
        names = ("tokens", "tokens_kept") if trainable == "both" else ("tokens",)
        tables = [self._look_up(self.weights[f"{name}/embeddings"], ids) for name in names]
        return tables[0] if len(tables) == 1 else np.concatenate(tables, axis=-1)

    def _look_up(self, table, ids):
        beside = self.spec.fixed_rows
        if beside is None:
            vectors = table[ids]
        else:
            is_beside = ids >= len(table)
            vectors = table[np.where(is_beside, 0, ids)]
            vectors[is_beside] = beside[ids[is_beside] - len(table)]
        vectors[ids == 0] = 0  # whatever row 0 holds
        return vectors

    def convolve(self, x, real, activation, name):
        """Convolve token vectors, (n_texts, length, dim) to (n_texts, length, num_filters).

        Parameters
        ----------
        x : ndarray of shape (n_texts, length, dim)
            Token vectors, zero at padding.
        real : ndarray of bool of shape (n_texts, length)
            Where there are tokens.
        activation : str
            Name of a Keras activation.
        name : str
            Name of the layer.

        Returns
        -------
        ndarray of shape (n_texts, length, num_filters)
            The activation of each filter at each token; zero at padding.
        """
        kernel = self.weights[f"{name}/kernel"]
        size, dim, num_filters = kernel.shape
        n_texts, length, _ = x.shape
        first = (size - 1) // 2  # Keras' "same" padding: an even window looks one further ahead
        padded = np.zeros((n_texts, length + size - 1, dim), x.dtype)
        padded[:, first : first + length] = x
        flat = padded.reshape(n_texts, -1)
        windows = np.lib.stride_tricks.sliding_window_view(flat, size * dim, axis=1)[:, ::dim]
        found = np.empty((n_texts, length, num_filters), x.dtype)
        for start in range(0, length, _WINDOWS_AT_A_TIME):
            part = np.s_[:, start : start + _WINDOWS_AT_A_TIME]
            # (n_texts, n, size * dim) times (size * dim, num_filters), a product for each text
            found[part] = np.ascontiguousarray(windows[part]) @ kernel.reshape(-1, num_filters)
        return self._finished(found, real, activation, name)

    def _finished(self, found, real, activation, name):
        found += self.weights[f"{name}/bias"]
        found = NUMPY_ACTIVATIONS[activation](found)
        if not real.all():
            found[~real] = 0
        return found

    def convolve_tokens(self, ids, trainable, activation, name):
        """Convolve token ids: :meth:`embed`, then :meth:`convolve`.

        The products of filters and tokens are computed once for all tokens if that takes little
        memory; a window is then a sum of a few rows.

        Parameters
        ----------
        ids : ndarray of int of shape (n_texts, length)
            Token ids.
        trainable : bool, "both" or None
            As in :func:`embed`.
        activation : str
            Name of a Keras activation.
        name : str
            Name of the convolution.

        Returns
        -------
        ndarray of shape (n_texts, length, num_filters)
            The activation of each filter at each token; zero at padding.
        """
        size, _, num_filters = self.weights[f"{name}/kernel"].shape
        real = ids != 0
        if self.spec.n_tokens * size * num_filters > _LARGEST_PRODUCTS:
            return self.convolve(self.embed(ids, trainable), real, activation, name)
        products, ids = self._products(ids, trainable, name)
        n_texts, length = ids.shape
        first = (size - 1) // 2
        padded = np.zeros((n_texts, length + size - 1), ids.dtype)
        padded[:, first : first + length] = ids
        found = products[0][padded[:, :length]]
        for i in range(1, size):
            found += products[i][padded[:, i : i + length]]
        return self._finished(found, real, activation, name)

    def _products(self, ids, trainable, name):
        """Return the products of token vectors and filters, and which rows of them `ids` are.

        Of shape (kernel_size, n_tokens, num_filters). Products of words outside the table are
        computed one by one, so that they do not depend on other words, bit for bit.
        """
        kernel = self.weights[f"{name}/kernel"]
        if name not in self._known_products:
            all_ids = np.arange(self.spec.n_tokens)
            vectors = self.with_rows(None).embed(all_ids[None], trainable)
            self._known_products[name] = vectors[0] @ kernel
        known = self._known_products[name]
        is_beside = ids >= self.spec.n_tokens
        if self.spec.fixed_rows is None or not is_beside.any():
            return known, ids
        used, places = np.unique(np.append(0, ids), return_inverse=True)  # 0: beyond the ends
        new = self.embed(used[None, used >= self.spec.n_tokens], trainable)[0]
        new = (new[None, :, None] @ kernel[:, None])[:, :, 0]
        parts = [known[:, used[used < self.spec.n_tokens]], new]
        return np.concatenate(parts, axis=1), places[1:].reshape(ids.shape)

    def pool(self, x, real, kind):
        """Take the maximum or average over the tokens, (n_texts, length, dim) to (n_texts, dim).

        Parameters
        ----------
        x : ndarray of shape (n_texts, length, dim)
            Token vectors, or the output of :meth:`convolve`.
        real : ndarray of bool of shape (n_texts, length)
            Where there are tokens.
        kind : {"max", "average"}
            The kind of pooling; a text without tokens gives zeros.

        Returns
        -------
        ndarray of shape (n_texts, dim)
            One vector for each text.
        """
        if kind == "average":
            if not real.all():
                x = np.where(real[:, :, None], x, 0)
            n_tokens = np.maximum(real.sum(axis=1, keepdims=True), 1).astype(x.dtype)
            return x.sum(axis=1) / n_tokens
        if real.all():
            return x.max(axis=1)
        pooled = np.where(real[:, :, None], x, -np.inf).max(axis=1)
        return np.where(real.any(axis=1)[:, None], pooled, 0).astype(x.dtype, copy=False)

    def dense(self, x, activation, name="hidden"):
        """Apply a fully connected layer, (n_texts, n) to (n_texts, units).

        Parameters
        ----------
        x : ndarray or CSR of shape (n_texts, n), or ndarray of shape (n_texts, length, n)
            One vector for each text, or for each of its tokens.
        activation : str
            Name of a Keras activation.
        name : str, default="hidden"
            Name of the layer.

        Returns
        -------
        ndarray of shape (n_texts, units) or (n_texts, length, units)
            The output of the layer.
        """
        kernel, bias = self.weights[f"{name}/kernel"], self.weights[f"{name}/bias"]
        product = np.asarray(x @ kernel) if sparse.issparse(x) else _multiply_rows(x, kernel)
        return NUMPY_ACTIVATIONS[activation](product + bias)

    def output(self, x):
        """Apply the output layer, (n_texts, n) to probabilities, (n_texts, n_outputs).

        Parameters
        ----------
        x : ndarray of shape (n_texts, n)
            One vector for each text.

        Returns
        -------
        ndarray of shape (n_texts, n_outputs)
            The output of the network.
        """
        return self.dense(x, self.spec.output_activation, name="output")

    def hidden_and_output(self, parts, activation):
        """Concatenate vectors of the texts; return probabilities after an optional hidden layer.

        Parameters
        ----------
        parts : list of ndarray of shape (n_texts, n)
            The vectors to concatenate.
        activation : str
            Name of a Keras activation, for the hidden layer.

        Returns
        -------
        ndarray of shape (n_texts, n_outputs)
            The output of the network.
        """
        x = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        if "hidden/kernel" in self.weights:
            x = self.dense(x, activation)
        return self.output(x)


def _multiply_rows(x, kernel):
    """Multiply each row separately, since the sums of a joint product depend on the number of rows.

    Of a large kernel some columns at a time, which stay in the cache for all rows. BLAS multiplies
    them in one thread, whereas several would wait for each other at every row.
    """
    step = _KERNEL_ELEMENTS // len(kernel)
    if step < _FEWEST_COLUMNS:  # whose rows would take as many cache lines as whole ones
        step = kernel.shape[1]
    parts = [kernel[:, i : i + step] for i in range(0, kernel.shape[1], step)]
    products = [(x[..., None, :] @ part)[..., 0, :] for part in parts]
    return products[0] if len(products) == 1 else np.concatenate(products, axis=-1)
