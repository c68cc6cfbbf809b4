"""Pretrained word vectors as an immutable value."""

import os
from contextlib import suppress
from numbers import Integral

import numpy as np

from .._arrays import row_blocks
from ._cache import VectorCache
from ._pickling import checked_content, checked_reference, resolve
from ._read_file import VectorFile, read_into_memory
from ._store import BrokenStoreError, content_digest, open_store
from ._token_table import read_token_table
from ._unread_file import UnreadFile
from ._validation import (
    check_encoding_errors,
    checked_iterable,
    checked_vectors,
    checked_words,
    wanted,
)
from ._words import PackedWords


class WordVectors:
    """Pretrained vectors: words, and a float32 matrix with one row per word.

    The object is immutable: copies, clones, folds and workers share it. Two objects with equal
    content are equal, wherever they come from. :meth:`read` reads vectors from a file. Those of a
    complete file are memory-mapped, and pickled as a reference to the file.

    Parameters
    ----------
    words : iterable of str
        Unique words in the order of the rows; not a set, which has no order.
    vectors : array-like of shape (n_words, dim)
        The vector of each word; finite real numbers, which are stored as float32.

    Attributes
    ----------
    words : sequence of str, of length n_words
        The words, in the order of the rows.
    vectors : ndarray of float32 of shape (n_words, dim)
        Read-only.

    Raises
    ------
    TypeError
        If `words` is a set, a dict or not iterable, or a word is not a str.
    ValueError
        If a word is repeated, the shape does not match, or a value is not a finite real number.

    Examples
    --------
    >>> from sklearn_textnn.embeddings import WordVectors
    >>> vectors = WordVectors(["good", "great", "bad"], [[1, 0.1], [1, 0.2], [-1, 0.1]])
    >>> vectors
    <WordVectors: 3 words, 2 dimensions>
    >>> "great" in vectors, "food" in vectors
    (True, False)
    >>> vectors.rows_of(["bad", "food", "good"])
    array([ 2, -1,  0])
    >>> vectors.most_similar("good", n=1)
    [('great', 0.99...)]
    """

    _content = None  # words and matrix, once opened
    _digest = None
    _reference = None  # to a completely read file
    _unread = None  # a file that is not read completely

    def __init__(self, words, vectors):
        words = checked_words(words)
        self._content = words, checked_vectors(vectors, words)

    @classmethod
    def _of(cls, words, vectors, digest=None, reference=None):
        """Return vectors of validated parts."""
        vectors.setflags(write=False)
        self = cls.__new__(cls)
        self._content = words, vectors
        self._digest = digest
        self._reference = reference
        return self

    @classmethod
    def _of_file(cls, path):
        """Return the vectors of a file, which is parsed only when needed or worthwhile."""
        file, cache = VectorFile(os.path.abspath(os.fsdecode(path))), VectorCache()
        unread = UnreadFile(file, cache)
        name, stored = cache.find(file)
        if stored is not None:
            return cls._of(*stored, _reference(file, name, cache.data_home, stored))
        self = cls.__new__(cls)
        self._unread = unread
        return self

    @classmethod
    def read(
        cls,
        path,
        *,
        words=None,
        tokenizer=None,
        member=None,
        encoding_errors="strict",
        cache=True,
        data_home=None,
    ):
        """Read vectors from a file.

        Supported are GloVe's text format, word2vec's text and binary formats, and fastText's
        ``.vec``; plain, or compressed by gzip, bzip2, xz or zip. The format is detected from the
        content, not from the file name. With `tokenizer`, the table of a static sentence encoder,
        such as those of model2vec, potion and wordllama: a safetensors file with one matrix, which
        is read into memory.

        Parameters
        ----------
        path : str or path-like
            The file.
        words : iterable of str, default=None
            The words to read. Only their lines are parsed and checked, and only their vectors take
            memory. None reads the whole file.
        tokenizer : str, path-like or tokenizers.Tokenizer, default=None
            A tokenizer of the `tokenizers` library, which is needed then, or its JSON file. Its
            tokens are the words;
            :class:`~sklearn_textnn.preprocessing.SubwordTokenizerTransformer` cuts texts into
            them. `member`, `cache` and `data_home` mean nothing then.
        member : str, default=None
            Which file of a zip; not needed if there is only one.
        encoding_errors : str, default="strict"
            What becomes of words that are not UTF-8, as in ``bytes.decode``.
        cache : bool, default=True
            Whether to use what an earlier call has parsed, and to keep what this one parses if
            it reads the whole file. It is found by the content of the file, wherever that is.
        data_home : str or path-like, default=None
            The folder that keeps it, in ``vectors``; None is
            :func:`~sklearn_textnn.datasets.get_data_home`.

        Returns
        -------
        WordVectors
            The words in the order of the file. Memory-mapped from `data_home` if the whole file
            was read with a cache, else in memory.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If the file holds no vectors, is damaged (the message names the line), or has none of
            `words`.

        Warns
        -----
        UserWarning
            If a word is repeated (the first counts), or if the cache is damaged or cannot be
            written.
        """
        check_encoding_errors(encoding_errors)
        if tokenizer is not None:
            table = cls(*read_token_table(os.fsdecode(path), tokenizer))
            return table if words is None else table.select(wanted(words))
        file = VectorFile(os.path.abspath(os.fsdecode(path)), member, encoding_errors)
        stores = VectorCache(data_home) if cache else None
        if words is not None:
            return cls._read_some(file, wanted(words), stores)
        return cls._read_all(file, stores)

    @classmethod
    def _read_all(cls, file, stores):
        name, stored = stores.open_or_build(file) if stores else (None, None)
        if stored is None:
            return cls._of(*read_into_memory(file))
        return cls._of(*stored, _reference(file, name, stores.data_home, stored))

    @classmethod
    def _read_some(cls, file, chosen, stores):
        stored = stores.find(file)[1] if stores else None
        if stored is None:
            words, vectors = read_into_memory(file, chosen)
        else:
            rows = np.sort(stored.words.rows_of(chosen))
            rows = rows[rows >= 0]
            words, vectors = stored.words.take(rows), np.asarray(stored.vectors[rows])
        if not len(words):
            some = ", ".join(map(repr, sorted(chosen)[:5])) + (", ..." if len(chosen) > 5 else "")
            raise ValueError(
                f"{file.path!r} has a vector for none of the {len(chosen)} words: {some}. Are they "
                "spelt as there, in lower case for instance?"
            )
        return cls._of(words, vectors)

    @classmethod
    def from_gensim(cls, keyed_vectors):
        """Create vectors from gensim's KeyedVectors.

        Parameters
        ----------
        keyed_vectors : gensim.models.KeyedVectors
            Anything with ``index_to_key`` and ``vectors``.

        Returns
        -------
        WordVectors
            A copy, in memory.

        Raises
        ------
        TypeError
            If it is something else.
        """
        if not (hasattr(keyed_vectors, "index_to_key") and hasattr(keyed_vectors, "vectors")):
            raise TypeError(
                f"got a {type(keyed_vectors).__name__}, expected gensim's KeyedVectors, with "
                "index_to_key and vectors; of a model pass its .wv."
            )
        return cls(keyed_vectors.index_to_key, keyed_vectors.vectors)

    def to_gensim(self):
        """Return the vectors as gensim's KeyedVectors.

        Returns
        -------
        gensim.models.KeyedVectors
            A copy.

        Raises
        ------
        ImportError
            If gensim is not installed.
        """
        try:
            from gensim.models import KeyedVectors
        except ImportError as error:
            raise ImportError("to_gensim needs gensim: pip install gensim.") from error
        keyed_vectors = KeyedVectors(vector_size=self.dim)
        keyed_vectors.add_vectors(list(self.words), np.array(self.vectors))
        return keyed_vectors

    def _open(self):
        """Return words and matrix, opening the file or reference if necessary."""
        unread = self._unread
        if self._content is None and unread is not None:
            whole = self._read_all(unread.file, unread.cache)
            unread.check_unchanged()
            vars(self).update(vars(whole))
            self._unread = None  # last, as other threads read this one
        elif self._content is None:
            stored = resolve(self._reference)
            self._content = stored.words, stored.vectors
        return self._content

    def _opened_reference(self):
        """Return the reference to a file; None for vectors in memory."""
        if self._unread is not None:
            self._open()
        return self._reference

    def _find(self, words):
        """Look up words.

        Parameters
        ----------
        words : list of str
            The words.

        Returns
        -------
        found : ndarray of bool of shape (n_words,)
            Whether each word has a vector.
        vectors : ndarray of float32 of shape (n_found, dim)
            These vectors.
        """
        unread = self._unread
        known, matrix = (unread and unread.search(set(words))) or self._open()
        rows = known.rows_of(words)
        return rows >= 0, np.asarray(matrix[rows[rows >= 0]])

    @property
    def words(self):
        return self._open()[0]

    @property
    def vectors(self):
        return self._open()[1]

    @property
    def dim(self):
        """The number of components of a vector."""
        reference = self._opened_reference()
        return reference["dim"] if reference else self.vectors.shape[1]

    @property
    def digest(self):
        """Hexadecimal SHA-256 of words and matrix, which identifies the content."""
        if self._digest is None:
            words, vectors = self._open()
            self._digest = self._digest or content_digest(words, vectors.shape[1], [vectors])
        return self._digest

    def in_memory(self):
        """Return a copy in memory, whose pickle does not need the file.

        Returns
        -------
        WordVectors
            An equal object that is pickled with all its vectors; itself if it is in memory.
        """
        if self._opened_reference() is None:
            return self
        words = PackedWords(bytes(self.words.blob), np.array(self.words.offsets))
        return self._of(words, np.array(self.vectors), self._digest)

    def __len__(self):
        reference = self._opened_reference()
        return reference["n_words"] if reference else len(self.words)

    def __iter__(self):
        return iter(self.words)

    def __contains__(self, word):
        return word in self.words

    def __getitem__(self, word):
        row = int(self.words.rows_of([word])[0])
        if row < 0:
            raise KeyError(word)
        return np.asarray(self.vectors[row])

    def rows_of(self, words):
        """Return the row of each word.

        Parameters
        ----------
        words : iterable of str
            The words.

        Returns
        -------
        ndarray of int64 of shape (n_words,)
            The rows; -1 where a word has no vector.
        """
        return self.words.rows_of(checked_iterable(words))

    def select(self, words):
        """Select words, in memory.

        Parameters
        ----------
        words : iterable of str
            The words; those without a vector, and repeated ones, are left out.

        Returns
        -------
        WordVectors
            The words in the order passed, and their vectors.
        """
        rows = self.rows_of(words)
        rows = rows[np.sort(np.unique(rows, return_index=True)[1])]
        rows = rows[rows >= 0]
        return self._of(self.words.take(rows), np.asarray(self.vectors[rows]))

    def most_similar(self, word, n=10):
        """Return the words with the largest cosine similarity.

        Parameters
        ----------
        word : str or array-like of shape (dim,)
            A word with a vector, which is left out of the result; or a vector.
        n : int, default=10
            The number of words to return.

        Returns
        -------
        list of (str, float)
            Words and cosine similarities, largest first. A zero vector has similarity 0 with all
            others.

        Raises
        ------
        KeyError
            If the word has no vector.
        ValueError
            If a vector has another dimension or is not finite, or `n` is less than 1.
        """
        if not isinstance(n, Integral) or n < 1:
            raise ValueError(f"got n={n!r}, expected an integer of at least 1.")
        own = self.rows_of([word]) if isinstance(word, str) else []
        vector = self[word] if isinstance(word, str) else np.asarray(word, dtype=np.float64)
        if vector.shape != (self.dim,) or not np.isfinite(vector).all():
            raise ValueError(
                f"got a vector of shape {vector.shape}, expected a word or a vector of "
                f"{self.dim} finite numbers."
            )
        cosines = _cosines(self.vectors, vector.astype(np.float64))
        cosines[own] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: min(n, len(self) - len(own))]
        return [(self.words[row], float(cosines[row])) for row in best.tolist()]

    def __eq__(self, other):
        if not isinstance(other, WordVectors):
            return NotImplemented
        return self is other or self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)

    def __repr__(self):
        if self._unread is not None:
            name = os.path.basename(self._unread.file.path)
            return f"<WordVectors: {name}, not read completely>"
        size = f"{len(self)} words, {self.dim} dimensions"
        if self._reference is None:
            return f"<WordVectors: {size}>"
        names = os.path.basename(self._reference["path"]), self._reference["member"]
        return f"<WordVectors: {size}, {'/'.join(filter(None, names))}>"

    def __getstate__(self):
        if self._opened_reference() is not None:
            return dict(self._reference)
        words, vectors = self._content
        # Words as one array: joblib would take seconds to hash them one by one in Python.
        return {"words": np.asarray(words.blob), "offsets": words.offsets, "vectors": vectors}

    def __setstate__(self, state):
        if "vectors" in state:
            self._content = checked_content(state)
        else:
            self._reference = checked_reference(state)
            self._digest = state["digest"]

    def __sklearn_clone__(self):
        return self

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


def stored_vectors(digests):
    """Memory-map the vectors with these digests from the data home.

    Parameters
    ----------
    digests : collection of str
        The digests to look up.

    Returns
    -------
    dict of str to WordVectors
        Vectors by digest, without missing or damaged ones.
    """
    found, cache = {}, VectorCache()
    for name in sorted(cache.names()):
        path = cache.path_of(name)
        with suppress(OSError, BrokenStoreError):
            stored = open_store(path)
            if stored.digest in digests:
                reference = _reference(VectorFile(str(path)), name, None, stored)
                found[stored.digest] = WordVectors._of(*stored, reference)
    return found


def _reference(file, name, data_home, stored):
    """Return what another process needs to find the vectors, and their size."""
    n_words, dim = stored.vectors.shape
    return {
        "digest": stored.digest,
        "store": name,
        "path": file.path,
        "size": os.path.getsize(file.path),
        "member": file.member,
        "encoding_errors": file.encoding_errors,
        "data_home": data_home,
        "n_words": n_words,
        "dim": dim,
    }


def _cosines(matrix, vector):
    """Return the cosine of each row with a vector; 0 for zero vectors."""
    length, parts = np.linalg.norm(vector), []
    for block in row_blocks(matrix):
        lengths = np.linalg.norm(block, axis=1) * length
        parts.append(np.divide(block @ vector, lengths, out=0 * lengths, where=lengths > 0))
    return np.concatenate([[], *parts])
