"""Hashed n-grams of words and characters as tokens of a network."""

from functools import lru_cache
from itertools import pairwise
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import murmurhash3_32

from .._compat import CallbackSupportMixin, IntNotBool, InvalidParameterError, fit_context
from ._containers import TokenIds, Vocabulary, check_range
from ._flat_ids import FlatIds, offsets_of
from ._token_ids_output import TokenIdsOutput

_MOST_BUCKETS = 2**24
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, 64 bits: the hash depends on the order of words


class NgramTransformer(
    CallbackSupportMixin,
    TokenIdsOutput,
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    """Add hashed word n-grams and character n-grams to token ids.

    For networks that ignore the order of words, such as
    :class:`~sklearn_textnn.networks.PoolingNetwork`, as in fastText [1]_ [2]_. Each n-gram is
    hashed into one of `n_buckets` rows of the network's token table, whether it occurs in the
    training texts or not: the number of weights is bounded, nothing is learned from the texts, and
    unknown words share character n-grams with known ones.

    Parameters
    ----------
    ngram_range : tuple (min_n, max_n), default=(1, 2)
        Lengths of the word n-grams. 1 is the word itself, which keeps its id; with a `min_n` above
        1, single words are dropped.
    char_ngram_range : tuple (min_n, max_n) or None, default=None
        Lengths of the character n-grams within a word, which is enclosed in ``<`` and ``>``. None
        adds none. To include those of unknown words, use
        ``KerasTokenizerTransformer(unknown="keep")``.
    n_buckets : int from 1 to 2**24, default=65536
        The number of rows that the n-grams share, of `embedding_dim` weights each. Fewer rows mean
        more collisions.

    See Also
    --------
    KerasTokenizerTransformer : Transform texts to token ids, the step before.
    PadTransformer : Pad token ids, the step after.

    Notes
    -----
    The ids of known words do not change; the next `n_buckets` ids are those of the buckets, named
    ``"<n-grams 0>"`` and so on in the vocabulary. Unknown words that the tokenizer kept come after
    these. A word n-gram follows its last word, and character n-grams follow their word, so that a
    truncated text holds complete n-grams.

    The hash is MurmurHash3 of the words as UTF-8, so ids depend only on the text and are the same
    in every process and on every machine. `fit` learns nothing and only checks parameters.

    References
    ----------
    .. [1] Joulin, Grave, Bojanowski and Mikolov, `Bag of Tricks for Efficient Text Classification
       <https://aclanthology.org/E17-2068/>`_, EACL 2017.
    .. [2] Bojanowski, Grave, Joulin and Mikolov, `Enriching Word Vectors with Subword Information
       <https://aclanthology.org/Q17-1010/>`_, TACL 2017.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.preprocessing import KerasTokenizerTransformer, NgramTransformer
    >>> tokens = make_pipeline(KerasTokenizerTransformer(), NgramTransformer(n_buckets=100))
    >>> X = tokens.fit_transform(["good food", "food good", "good"])
    >>> [row.tolist() for row in X]
    [[1, 2, 91], [2, 1, 8], [1]]
    >>> X.vocabulary
    <Vocabulary: 103 tokens ('', 'good', 'food', '<n-grams 0>', ...), n_known=103, oov_id=None>
    """

    _parameter_constraints = {
        "ngram_range": "no_validation",  # these two are checked by hand, with a hint
        "char_ngram_range": "no_validation",
        "n_buckets": [IntNotBool(1, _MOST_BUCKETS)],
    }

    _saved_state = {}

    def __init__(self, ngram_range=(1, 2), char_ngram_range=None, n_buckets=65536):
        self.ngram_range = ngram_range
        self.char_ngram_range = char_ngram_range
        self.n_buckets = n_buckets

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check the parameters; nothing is learned.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,)
            Ragged ids with their words.
        y : None
            Ignored.

        Returns
        -------
        NgramTransformer
            The transformer.

        Raises
        ------
        InvalidParameterError
            If a parameter is outside of its range.
        ValueError, TypeError
            As in :meth:`transform`.
        """
        task = self._init_callback_context().call_on_fit_task_begin(estimator=self, X=X)
        self._check_ranges()
        _check_tokens(X)
        task.call_on_fit_task_end(estimator=self, X=X)
        return self

    def word_positions(self, X):
        """Return the positions of the words of each id of :meth:`transform`.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,)
            As for :meth:`transform`.

        Returns
        -------
        list of ndarray of shape (n_ids, 2)
            For each text, the positions of the first and last word of each id, counted from 0
            among the words of the text; zeros in `X` are not counted. The n-grams of the
            characters of a word have the position of the word.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`transform`.

        Examples
        --------
        >>> from sklearn_textnn.preprocessing import KerasTokenizerTransformer, NgramTransformer
        >>> X = KerasTokenizerTransformer().fit_transform(["good fresh food"])
        >>> NgramTransformer(ngram_range=(1, 2)).word_positions(X)[0].tolist()
        [[0, 0], [1, 1], [0, 1], [2, 2], [1, 2]]
        """
        ranges, chars = self._check_ranges()
        _check_tokens(X)
        flat = _words_only(X.flat)
        parts = self._parts(flat, X.vocabulary, ranges, chars)
        last = np.concatenate([place for place, _, _ in parts])
        n_words = np.concatenate([np.full(len(place), n) for place, _, n in parts])
        (last, n_words), offsets = _in_order(last, (last, n_words), flat.offsets)
        last = last - np.repeat(flat.offsets[:-1], np.diff(offsets))
        positions = np.column_stack([last - n_words + 1, last])
        return [positions[start:end] for start, end in pairwise(offsets)]

    def transform(self, X):
        """Add n-grams to token ids.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,)
            Ragged ids with their words, from :class:`KerasTokenizerTransformer`.

        Returns
        -------
        TokenIds of shape (n_samples,)
            Ragged ids with the n-grams among them, and the vocabulary with the buckets.

        Raises
        ------
        TypeError
            If `X` holds anything but token ids with their words.
        ValueError
            If `X` is padded, or holds an id that its vocabulary does not have.
        """
        ranges, chars = self._check_ranges()
        _check_tokens(X)
        flat, vocabulary = _words_only(X.flat), X.vocabulary
        parts = self._parts(flat, vocabulary, ranges, chars)
        places, ids = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        (ids,), offsets = _in_order(places, (ids,), flat.offsets)
        return TokenIds(ids, self._extended(vocabulary), offsets=offsets, index=X.index)

    def _parts(self, flat, vocabulary, ranges, chars):
        """Return token positions, the ids that follow them, and the number of words of each."""
        n_known, ids = vocabulary.n_known, flat.ids
        distinct, code = np.unique(ids, return_inverse=True)
        words = [vocabulary.words[i] for i in distinct.tolist()]
        parts = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32), 1)]
        if ranges[0] == 1:
            shifted = np.where(ids < n_known, ids, ids + np.int32(self.n_buckets))
            parts.append((np.arange(len(ids)), shifted, 1))
        for n, place, hashes in _word_ngrams(flat, _hashes_of(words)[code], ranges):
            parts.append((place, self._ids_of(hashes, n_known), n))
        if chars is not None:
            grams = _character_ngrams(words, chars)[code]
            places = np.repeat(np.arange(len(ids)), np.diff(grams.offsets))
            parts.append((places, self._ids_of(grams.ids, n_known), 1))
        return parts

    def _ids_of(self, hashes, n_known):
        return (hashes % np.uint64(self.n_buckets)).astype(np.int32) + np.int32(n_known)

    def _extended(self, vocabulary):
        """Return the vocabulary with the buckets after its known words."""
        n_known, words = vocabulary.n_known, vocabulary.words
        words = words[:n_known] + _bucket_words(self.n_buckets) + words[n_known:]
        return Vocabulary(words, n_known + self.n_buckets, vocabulary.oov_id)

    def _check_ranges(self):
        chars = self.char_ngram_range
        if chars is not None:
            chars = _checked_range("char_ngram_range", chars)
        return _checked_range("ngram_range", self.ngram_range), chars

    def _check_saved(self):
        self._check_ranges()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        return tags


def _checked_range(name, value):
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2
    if is_pair and all(isinstance(n, Integral) and not isinstance(n, bool) for n in value):
        lowest, highest = map(int, value)
        if 1 <= lowest <= highest:
            return lowest, highest
    raise InvalidParameterError(
        f"The {name!r} parameter of NgramTransformer is {value!r}, expected a pair of ints from 1 "
        "upward, the smaller first, such as (1, 2)."
    )


def _check_tokens(X):
    if not isinstance(X, TokenIds):
        raise TypeError(
            f"X is a {type(X).__name__}, expected TokenIds, ids with their words; put "
            "KerasTokenizerTransformer() before NgramTransformer."
        )
    if not X.is_ragged:
        raise ValueError(
            f"X is padded to {X.shape[1]} columns, expected ragged ids; put NgramTransformer "
            "before PadTransformer."
        )
    check_range(X)


def _words_only(flat):
    """Drop zeros, which are not words."""
    is_word = flat.ids != 0
    if is_word.all():
        return flat
    return FlatIds(flat.ids[is_word], offsets_of(is_word)[flat.offsets])


def _hashed(word):
    return murmurhash3_32(word.encode("utf-8", "surrogatepass"), positive=True)


def _hashes_of(words):
    return np.fromiter(map(_hashed, words), dtype=np.uint64, count=len(words))


def _word_ngrams(flat, hashes, ngram_range):
    """Yield lengths, the positions of the last words of n-grams, and the n-grams' hashes."""
    place_in_text = np.arange(len(hashes)) - np.repeat(flat.offsets[:-1], np.diff(flat.offsets))
    joined = hashes
    for n in range(2, ngram_range[1] + 1):
        last = np.flatnonzero(place_in_text >= n - 1)
        if not len(last):
            return
        grown = np.zeros_like(hashes)
        grown[last] = _mixed(joined[last - 1], hashes[last])
        joined = grown
        if n >= ngram_range[0]:
            yield n, last, joined[last]


def _mixed(first, then):
    """Hash pairs; products of unsigned integers wrap around, and the upper bits go down."""
    mixed = (first * _FACTOR + then) * _FACTOR
    return mixed ^ (mixed >> np.uint64(32))


def _character_ngrams(words, ngram_range):
    """Return the hashes of the character n-grams of each word, as rows."""
    hashes, lengths = [], []
    for word in words:
        marked = f"<{word}>"
        grams = [
            marked[start : start + n]
            for n in range(ngram_range[0], min(ngram_range[1], len(marked)) + 1)
            for start in range(len(marked) - n + 1)
        ]
        grams = [gram for gram in grams if gram not in ("<", ">")]  # of every word
        hashes += map(_hashed, grams)
        lengths.append(len(grams))
    lengths = np.array(lengths, dtype=np.int64)
    return FlatIds(np.array(hashes, dtype=np.uint64), offsets_of(lengths))


def _in_order(places, columns, offsets):
    """Sort columns by their token, and return the start of each text."""
    counts = np.bincount(places, minlength=offsets[-1])
    order = np.argsort(places, kind="stable")
    return [column[order] for column in columns], offsets_of(counts)[offsets]


@lru_cache(maxsize=2)
def _bucket_words(n_buckets):
    return tuple(f"<n-grams {i}>" for i in range(n_buckets))
