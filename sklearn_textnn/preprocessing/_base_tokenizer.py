"""Base class of tokenizers: counts words, numbers them by frequency, and looks them up."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._compat import CallbackSupportMixin, IntNotBool, StrOptions, fit_context
from .._saved_state import counts, instance_of, integer
from .._validation import expect
from ._check_ids import check_ids
from ._check_texts import check_texts
from ._containers import TokenIds, Vocabulary
from ._flat_ids import offsets_of
from ._given_vocabulary import index_of_vocabulary
from ._pandas_index import index_of
from ._split_words import number_pieces
from ._token_ids_output import TokenIdsOutput

_CODES_AT_A_TIME = 2**20


class BaseTokenizer(
    CallbackSupportMixin,
    TokenIdsOutput,
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    """Base class of tokenizers that number tokens by frequency.

    A subclass defines how to split a text (`_cutter`) and how to join tokens (`_joined`).
    """

    vocabulary = oov_token = None

    _parameter_constraints = {
        "num_words": [None, IntNotBool(1)],
        "unknown": [StrOptions({"drop", "keep"})],
        "encoding": [str],
        "decode_error": [StrOptions({"strict", "ignore", "replace"})],
    }

    _saved_state = {
        "word_index_": counts(1),
        "word_counts_": counts(0),
        "n_tokens_": integer(1),
        "vocabulary_": instance_of(Vocabulary),
        "n_documents_": integer(1),
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the words.

        Parameters
        ----------
        X : iterable of str or bytes of length n_samples
            Training texts: a list or another iterable, an ndarray of shape (n_samples,) or
            (n_samples, 1), a Series, or a frame with one column; columns and tables of Polars,
            Arrow and Hugging Face's datasets too.
        y : None
            Ignored.

        Returns
        -------
        Self
            The fitted transformer.

        Raises
        ------
        InvalidParameterError
            If a parameter is outside of its range.
        ValueError
            If `X` holds no texts or no words, has missing texts or several columns, or is a single
            str; if bytes cannot be decoded; if `vocabulary` has gaps, duplicates or words that are
            not str.
        TypeError
            If one of the texts is neither str nor bytes, or `X` is a dict, a set or token ids.

        Warns
        -----
        UserWarning
            If ``split=" "`` leaves white space in more than 1 % of the running words, or if
            `vocabulary` holds capitals that no text can match.
        """
        self._fit(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn the words and number them in one pass: ``fit(X).transform(X)``.

        Parameters
        ----------
        X : iterable of str or bytes of length n_samples
            Training texts, see :meth:`fit`.
        y : None
            Ignored.

        Returns
        -------
        TokenIds of shape (n_samples,)
            Ragged ids and their vocabulary.
        """
        return self._number(self._fit(X), index_of(X))

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
        """Learn the words of another chunk of the training texts.

        After all chunks the result is that of :meth:`fit` on all texts at once. Ids may change
        from call to call, as frequencies do, so read all chunks before you transform the first.

        Parameters
        ----------
        X : iterable of str or bytes of length n_samples
            The next training texts, see :meth:`fit`.
        y : None
            Ignored.

        Returns
        -------
        Self
            The transformer.

        Raises
        ------
        InvalidParameterError
            If a parameter is outside of its range.
        ValueError, TypeError
            As in :meth:`fit`; texts without words are an error in the first chunk only.
        """
        self._fit(X, before=self if hasattr(self, "vocabulary_") else None)
        return self

    def transform(self, X):
        """Return the token ids of texts.

        Parameters
        ----------
        X : iterable of str or bytes of length n_samples
            Texts, see :meth:`fit`.

        Returns
        -------
        TokenIds of shape (n_samples,)
            Ragged ids and their vocabulary: `vocabulary_`, extended by unknown words if
            ``unknown="keep"``. A text without known words has no ids.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError, TypeError
            As in :meth:`fit` for invalid `X`, but `X` may be empty.
        """
        if not hasattr(self, "vocabulary_"):  # computing tags would dominate for a single text
            check_is_fitted(self)
        return self._number(self._scan(X, self._cutter()), index_of(X))

    def inverse_transform(self, X):
        """Transform token ids back to words.

        Padding is left out, as are ids without a word if there is no `oov_token`.

        Parameters
        ----------
        X : TokenIds, sequence of sequences of int, or array-like of shape (n_samples, maxlen)
            Ragged or padded ids. TokenIds are read with their own words, anything else with
            `vocabulary_`.

        Returns
        -------
        ndarray of str objects of shape (n_samples,)
            The words of each text, joined as the class says.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If `X` holds anything but token ids.
        """
        check_is_fitted(self)
        flat = check_ids(X, estimator=self)
        vocabulary = X.vocabulary if isinstance(X, TokenIds) else self.vocabulary_
        words = _words_of(flat.ids, vocabulary)
        joined = np.empty(len(flat), dtype=object)
        for i, (start, end) in enumerate(zip(flat.offsets, flat.offsets[1:], strict=False)):
            joined[i] = self._joined([*filter(None, words[start:end].tolist())])
        return joined

    def _prepare(self):
        """Check parameters before texts are read; return attributes that depend on them only."""
        return {}

    def _warn_of_tokens(self, found, counts):
        """Warn about tokens that are probably not intended."""

    def _warn_of_vocabulary(self, index):
        """Warn about words of `vocabulary` that are probably not intended."""

    def _fit(self, X, before=None):
        task = self._init_callback_context().call_on_fit_task_begin(estimator=self, X=X)
        prepared = self._prepare()
        given = None if self.vocabulary is None else index_of_vocabulary(self.vocabulary)
        found = self._scan(X, self._cutter(**prepared))
        if not len(found.lengths):
            raise ValueError("Found 0 samples in X, expected at least one text to learn from.")
        counts = np.bincount(found.codes, minlength=len(found.words))  # [0]: empty pieces
        self._warn_of_tokens(found, counts)
        word_counts = {} if before is None else dict(before.word_counts_)
        for word, n in zip(found.words[1:], counts[1:].tolist(), strict=True):
            word_counts[word] = word_counts.get(word, 0) + n
        if given is None:
            index = _index_by_frequency(word_counts, self.oov_token)
        else:
            self._warn_of_vocabulary(given)
            index, word_counts = _completed_index(given, word_counts, self.oov_token)
        cut = max(index.values()) + 1
        cut = cut if self.num_words is None else min(cut, self.num_words)
        vocabulary = _known_words(index, cut, index.get(self.oov_token))
        vars(self).update(prepared)
        self.word_index_ = index
        self.word_counts_ = word_counts
        self.n_tokens_ = vocabulary.n_known
        self.vocabulary_ = vocabulary
        n_before = 0 if before is None else before.n_documents_
        self.n_documents_ = n_before + len(found.lengths)
        task.call_on_fit_task_end(estimator=self, X=X)
        return found

    def _check_saved(self):
        if hasattr(self, "vocabulary_"):
            found = len(self.vocabulary_), self.vocabulary_.n_known
            fault = f"its vocabulary_ has {found} words and known ones, its n_tokens_ is"
            expect(found == (self.n_tokens_,) * 2, f"{fault} {self.n_tokens_}")

    def _scan(self, X, pieces_of):
        """Split texts into pieces, coded by first appearance."""
        return _Pieces(*number_pieces(self._texts(X), pieces_of))

    def _texts(self, X):
        return check_texts(X, encoding=self.encoding, decode_error=self.decode_error)

    def _number(self, found, index):
        """Look up each distinct piece, and replace codes by ids."""
        vocabulary = self.vocabulary_
        ids = np.array([self._known_id(word) for word in found.words], dtype=np.int32)
        ids[0] = 0  # no word, even if oov_token is ""
        unknown = ids == 0
        unknown[0] = False
        if self.unknown == "keep":
            vocabulary, ids[unknown] = _grown(
                vocabulary, [found.words[i] for i in np.flatnonzero(unknown)]
            )
        else:
            ids[unknown] = vocabulary.oov_id or 0
        flat, offsets = _looked_up(ids, found.codes), offsets_of(found.lengths)
        kept = flat != 0
        if not kept.all():
            offsets = offsets - np.searchsorted(np.flatnonzero(~kept), offsets)
            flat = flat[kept]
        return TokenIds(flat, vocabulary, offsets=offsets, index=index)

    def _known_id(self, word):
        """Return the id of a word; 0 if it is unknown or cut off by num_words."""
        i, words = self.word_index_.get(word, 0), self.vocabulary_.words
        return i if i < len(words) and words[i] == word else 0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _looked_up(ids, codes):
    """Replace codes by ids in place, in blocks, which saves memory."""
    for i in range(0, len(codes), _CODES_AT_A_TIME):
        part = codes[i : i + _CODES_AT_A_TIME]
        part[:] = ids[part]
    return codes


@dataclass(frozen=True)
class _Pieces:
    """Split texts: text i has the next ``lengths[i]`` of `codes`."""

    words: list  # the distinct pieces by first appearance; words[0] is ""
    codes: np.ndarray  # int32, (n_pieces,): positions in words
    lengths: np.ndarray  # int64, (n_samples,)


def _index_by_frequency(word_counts, oov_token):
    """Return ids by frequency, as in Keras; `word_counts` is in order of first appearance."""
    if not word_counts:
        raise ValueError(
            "X holds no words: every text is empty or consists of filters and split alone; pass "
            "texts with words, or change filters and split."
        )
    by_frequency = sorted(word_counts, key=word_counts.get, reverse=True)  # stable
    if oov_token is not None:
        by_frequency.insert(0, oov_token)  # if a word too, the dict keeps its later id, as Keras'
    return dict(zip(by_frequency, range(1, len(by_frequency) + 1), strict=True))


def _completed_index(given, word_counts, oov_token):
    """Return ids including that of `oov_token`, by default the last one, and counts of words."""
    index = dict(given)
    if oov_token is not None:
        index.setdefault(oov_token, len(index) + 1)
    return index, {word: word_counts.get(word, 0) for word in given}


def _known_words(index, cut, oov_id):
    """Return the words of all ids that texts can get; "" for ids that they cannot."""
    words = [""] * max(cut, (oov_id or 0) + 1)
    for word, i in index.items():
        if i < cut or i == oov_id:
            words[i] = word
    return Vocabulary(tuple(words), n_known=len(words), oov_id=oov_id)


def _grown(vocabulary, new_words):
    """Return the vocabulary extended by new words, and their ids."""
    n_words = len(vocabulary.words)
    ids = np.arange(n_words, n_words + len(new_words), dtype=np.int32)
    if new_words:
        words = vocabulary.words + tuple(new_words)
        vocabulary = Vocabulary(words, vocabulary.n_known, vocabulary.oov_id)
    return vocabulary, ids


def _words_of(ids, vocabulary):
    """Return the word of each id; `oov_token` or "" for ids without one."""
    oov = "" if vocabulary.oov_id is None else vocabulary.words[vocabulary.oov_id]
    words = np.array(["", *(word or oov for word in vocabulary.words[1:]), oov], dtype=object)
    return words[np.where((ids >= 0) & (ids < len(vocabulary)), ids, -1)]
