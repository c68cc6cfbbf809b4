"""Texts to token ids, numbered as Keras' Tokenizer numbers them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._compat import (
    CallbackSupportMixin,
    IntNotBool,
    InvalidParameterError,
    StrOptions,
    fit_context,
)
from .._saved_state import counts, instance_of, integer
from .._sklearn_callbacks import as_task
from .._validation import expect, short_repr
from .._warnings import warn
from ._check_ids import check_ids
from ._check_texts import check_texts
from ._containers import TokenIds, Vocabulary
from ._flat_ids import offsets_of
from ._given_vocabulary import index_of_vocabulary
from ._pandas_index import index_of
from ._split_words import ZERO_WIDTH, number_pieces, spans_of, spans_of_characters, splitter
from ._token_ids_output import TokenIdsOutput

_KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_WHITE_SPACE = re.compile(rf"[\s{ZERO_WIDTH}]")
_MUCH_WHITE_SPACE = 0.01  # of the running words; published corpora of English have 0.0002 at most
_LONG_WORD = 8  # characters; half of the words of any language with spaces are shorter
_CODES_AT_A_TIME = 2**20
_ENOUGH_TEXTS = 20  # to say something about the language


class KerasTokenizerTransformer(
    CallbackSupportMixin,
    TokenIdsOutput,
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    r"""Turn texts into token ids, the most frequent word first.

    The ids are those of Keras' `Tokenizer`, which Keras 3 removed: 1 for the most frequent word of
    the training texts, words of equal frequency in order of first appearance. 0 is left for
    padding. The words travel with the ids, see :class:`TokenIds`.

    Parameters
    ----------
    num_words : int >= 1 or None, default=None
        Only ids below `num_words` are given out, so that `num_words` - 1 words are kept at most;
        None keeps all.
    filters : str, default='!"#$%&()*+,-./:;<=>?@[\\\\]^_`{|}~\\t\\n'
        Characters that separate words as `split` does. Ignored when `char_level`.
    lower : bool, default=True
        Whether texts are lowercased.
    split : str or None, default=" "
        What separates words, at least one character. None splits at white space of any kind and
        length: no-break, ideographic and zero-width spaces, line ends of every system. The
        default, Keras' own, leaves all but spaces and `filters` inside of words. Ignored when
        `char_level`.
    char_level : bool, default=False
        Whether every character is a token.
    oov_token : str or None, default=None
        The word that stands for all unknown words. It has id 1, or as in Keras, a later id if the
        training texts hold it too. None leaves unknown words out.
    analyzer : callable or None, default=None
        A tokenizing function of one's own: from a text, as it came, to the list of its tokens, all
        of them str; an empty one counts as none. `filters`, `lower`, `split` and `char_level` are
        ignored then. None splits as these say.
    vocabulary : sequence of str, dict or None, default=None
        Words in the order of their ids, which start at 1, or a dict from word to id; then
        :meth:`fit` learns no words. An `oov_token` that is not among the words gets the id after
        the last. None learns the words from the training texts.
    unknown : {"drop", "keep"}, default="drop"
        What becomes of words that :meth:`fit` did not meet, or that `num_words` cut off.

        - "drop": as in Keras, they become `oov_token` or, where there is none, vanish;
        - "keep": they get ids from `n_tokens_` upward in order of first appearance in the call,
          and the vocabulary of the returned ids grows. The fitted `vocabulary_` does not.
    encoding : str, default="utf-8"
        How bytes are read.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        What happens to bytes that are not valid in `encoding`; "strict" is an error.

    Attributes
    ----------
    word_index_ : dict of str to int
        Id of every word met in :meth:`fit`, those cut off by `num_words` included, as in Keras.
    word_counts_ : dict of str to int
        How often every word occurred in :meth:`fit`, in order of first appearance. With
        `vocabulary`, of its words only, 0 among them.
    n_tokens_ : int
        Number of ids a known word or padding can have: ids are below `n_tokens_`. Respects
        `num_words`, but is always above the id of `oov_token`.
    vocabulary_ : Vocabulary
        The `n_tokens_` words behind the ids. An id that no text can get has the word "".
    n_documents_ : int
        Number of training texts.

    See Also
    --------
    PadTransformer : Brings the ids to one length.
    sklearn.feature_extraction.text.CountVectorizer : Counts words instead.

    Notes
    -----
    Differences from Keras' class: nothing accumulates between two calls of :meth:`fit`; texts
    without a single word are an error in :meth:`fit`; the number of ids is `n_tokens_`, whereas
    ``len(word_index) + 1`` does not respect `num_words`.

    `set_output` is accepted and changes nothing: ragged ids fit no frame, and a frame would lose
    their words.

    References
    ----------
    TensorFlow, `tf.keras.preprocessing.text.Tokenizer
    <https://www.tensorflow.org/api_docs/python/tf/keras/preprocessing/text/Tokenizer>`_.

    Examples
    --------
    >>> from sklearn_textnn.preprocessing import KerasTokenizerTransformer
    >>> tokenizer = KerasTokenizerTransformer()
    >>> X = tokenizer.fit_transform(["Good food, good service.", "Slow service"])
    >>> tokenizer.word_index_
    {'good': 1, 'service': 2, 'food': 3, 'slow': 4}
    >>> [row.tolist() for row in X]
    [[1, 3, 1, 2], [4, 2]]
    >>> X.vocabulary.words
    ('', 'good', 'service', 'food', 'slow')
    >>> tokenizer.inverse_transform([[3, 4], []])
    array(['food slow', ''], dtype=object)

    A word that only a later text holds is dropped, or kept with an id of its own:

    >>> [row.tolist() for row in tokenizer.transform(["great food"])]
    [[3]]
    >>> grown = tokenizer.set_params(unknown="keep").transform(["great food"])
    >>> [row.tolist() for row in grown], grown.vocabulary.words[5:]
    ([[5, 3]], ('great',))

    A tokenizing function of one's own:

    >>> by_line = KerasTokenizerTransformer(analyzer=str.splitlines)
    >>> by_line.fit(["New York\nLos Angeles"]).word_index_
    {'New York': 1, 'Los Angeles': 2}
    """

    _parameter_constraints = {
        "num_words": [None, IntNotBool(1)],
        "filters": [str],
        "lower": ["boolean"],
        "split": [str, None],
        "char_level": ["boolean"],
        "oov_token": [None, str],
        "analyzer": [callable, None],
        "vocabulary": [None, Mapping, "array-like"],
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

    def __init__(
        self,
        num_words=None,
        filters=_KERAS_FILTERS,
        lower=True,
        split=" ",
        char_level=False,
        oov_token=None,
        analyzer=None,
        *,
        vocabulary=None,
        unknown="drop",
        encoding="utf-8",
        decode_error="strict",
    ):
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.vocabulary = vocabulary
        self.unknown = unknown
        self.encoding = encoding
        self.decode_error = decode_error

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
        KerasTokenizerTransformer
            The fitted transformer.

        Raises
        ------
        InvalidParameterError
            If a parameter is outside of its range.
        ValueError
            If `X` holds no texts or no words, misses a text, is a single str or has several
            columns; if bytes cannot be decoded; if `vocabulary` has gaps, duplicates or words that
            are no str.
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
        """Learn the words of one more chunk of the training texts.

        Chunk after chunk gives what :meth:`fit` gives for all of their texts at once. An id may
        change from call to call, as frequencies do: read all chunks before the first is
        transformed.

        Parameters
        ----------
        X : iterable of str or bytes of length n_samples
            The next training texts, see :meth:`fit`.
        y : None
            Ignored.

        Returns
        -------
        KerasTokenizerTransformer
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
            Ragged ids and their vocabulary: `vocabulary_`, grown if ``unknown="keep"`` met a word
            that is not known. A text without a known word has no ids.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError, TypeError
            As in :meth:`fit` for what `X` holds; no texts at all are fine.
        """
        if not hasattr(self, "vocabulary_"):  # else one text waits longest for scikit-learn's tags
            check_is_fitted(self)
        return self._number(self._scan(X), index_of(X))

    def inverse_transform(self, X):
        """Turn token ids back into words.

        Padding is left out, as is an id without a word where there is no `oov_token`.

        Parameters
        ----------
        X : TokenIds, sequence of sequences of int, or array-like of shape (n_samples, maxlen)
            Ragged or padded ids. TokenIds are read with their own words, anything else with
            `vocabulary_`.

        Returns
        -------
        ndarray of str objects of shape (n_samples,)
            The words of each text, joined by `split`, a space for None, or by nothing when
            `char_level`. For a `split` of one character that lowercasing leaves alone, and for
            None, :meth:`transform` gives the ids of known words back.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If `X` holds something that is no token id.
        """
        check_is_fitted(self)
        flat = check_ids(X, estimator=self)
        vocabulary = X.vocabulary if isinstance(X, TokenIds) else self.vocabulary_
        words = _words_of(flat.ids, vocabulary)
        joined = np.empty(len(flat), dtype=object)
        glue = "" if self.char_level else " " if self.split is None else self.split
        for i, (start, end) in enumerate(zip(flat.offsets, flat.offsets[1:], strict=False)):
            joined[i] = glue.join(filter(None, words[start:end].tolist()))
        return joined

    @available_if(lambda self: self.analyzer is None)
    def token_spans(self, texts):
        """Say where the tokens of texts stand, those that `fit` did not meet included.

        Not there with an `analyzer`, which does not say so.

        Parameters
        ----------
        texts : iterable of str or bytes of length n_samples
            Texts, see :meth:`fit`.

        Returns
        -------
        list of list of (int, int)
            For each text start and end of its tokens, in characters of the text as it is written.

        Raises
        ------
        ValueError, TypeError
            As in :meth:`fit` for what `texts` holds.

        Examples
        --------
        >>> from sklearn_textnn.preprocessing import KerasTokenizerTransformer
        >>> KerasTokenizerTransformer().token_spans(["Good food!"])
        [[(0, 4), (5, 9)]]
        """
        texts = check_texts(texts, encoding=self.encoding, decode_error=self.decode_error)
        if self.char_level:
            return [spans_of_characters(text, self.lower) for text in texts]
        return [spans_of(text, self.filters, self.split, self.lower) for text in texts]

    @as_task
    def _fit(self, X, before=None):
        if self.split == "" and not self.char_level and self.analyzer is None:
            raise InvalidParameterError(
                "The 'split' parameter of KerasTokenizerTransformer is empty, expected at least "
                "one character, or None for any white space; char_level=True makes every "
                "character a token."
            )
        given = None if self.vocabulary is None else index_of_vocabulary(self.vocabulary)
        found = self._scan(X)
        if not len(found.lengths):
            raise ValueError("Found 0 samples in X, expected at least one text to learn from.")
        counts = np.bincount(found.codes, minlength=len(found.words))  # [0]: empty pieces
        self._warn_of_white_space(found, counts)
        self._warn_of_single_tokens(found)
        word_counts = {} if before is None else dict(before.word_counts_)
        for word, n in zip(found.words[1:], counts[1:].tolist(), strict=True):
            word_counts[word] = word_counts.get(word, 0) + n
        if given is None:
            index = _index_by_frequency(word_counts, self.oov_token)
        else:
            self._warn_of_capitals(given)
            index, word_counts = _completed_index(given, word_counts, self.oov_token)
        cut = max(index.values()) + 1
        cut = cut if self.num_words is None else min(cut, self.num_words)
        vocabulary = _known_words(index, cut, index.get(self.oov_token))
        self.word_index_ = index
        self.word_counts_ = word_counts
        self.n_tokens_ = vocabulary.n_known
        self.vocabulary_ = vocabulary
        n_before = 0 if before is None else before.n_documents_
        self.n_documents_ = n_before + len(found.lengths)
        return found

    def _check_saved(self):
        if hasattr(self, "vocabulary_"):
            found = len(self.vocabulary_), self.vocabulary_.n_known
            fault = f"its vocabulary_ has {found} words and known ones, its n_tokens_ is"
            expect(found == (self.n_tokens_,) * 2, f"{fault} {self.n_tokens_}")

    def _scan(self, X):
        """Cut texts into pieces and give every distinct piece a code by first appearance."""
        texts = check_texts(X, encoding=self.encoding, decode_error=self.decode_error)
        if self.analyzer is not None:
            return _Pieces(*number_pieces(texts, self._own_tokens, lower=False))
        pieces_of = None if self.char_level else splitter(self.filters, self.split)
        return _Pieces(*number_pieces(texts, pieces_of, lower=self.lower))

    def _own_tokens(self, text):
        """Return what the analyzer makes of a text, checked."""
        tokens = self.analyzer(text)
        is_listed = isinstance(tokens, Iterable) and not isinstance(tokens, (str, bytes))
        listed = [*tokens] if is_listed else [tokens]
        if not is_listed or not {*map(type, listed)} <= {str}:
            odd = next((token for token in listed if type(token) is not str), tokens)
            raise TypeError(
                f"analyzer gave {short_repr(odd)} of type {type(odd).__name__} for the text "
                f"{short_repr(text)}, expected a list of str, one for each token."
            )
        return listed

    def _number(self, found, index):
        """Look every distinct piece up and write its id wherever it occurs."""
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
        """Return the id of a word; 0 if it has none, or one that num_words cut off."""
        i, words = self.word_index_.get(word, 0), self.vocabulary_.words
        return i if i < len(words) and words[i] == word else 0

    def _warn_of_capitals(self, given):
        for word in given if self.lower and self.analyzer is None else ():
            if word != word.lower() and word != self.oov_token:
                warn(
                    f"vocabulary holds {word!r}, which no text can match as lower=True; lowercase "
                    "the vocabulary or set lower=False."
                )
                return

    def _warn_of_white_space(self, found, counts):
        if self.char_level or self.split != " " or self.analyzer is not None:
            return
        codes = [i for i, word in enumerate(found.words) if _WHITE_SPACE.search(word)]
        share = counts[codes].sum() / max(1, counts[1:].sum())
        if share > _MUCH_WHITE_SPACE:
            position = (found.codes == codes[0]).argmax()
            text = np.searchsorted(offsets_of(found.lengths), position, side="right") - 1
            warn(
                f"{share:.1%} of the running words hold white space that split=' ' does not split "
                f"at, the first of them {found.words[codes[0]]!r} in text {text}: words are glued "
                "together, as by Keras' Tokenizer. Set split=None to split at any white space."
            )

    def _warn_of_single_tokens(self, found):
        """Warn where texts are not split, as those of languages without spaces between words."""
        few = len(found.lengths) < _ENOUGH_TEXTS
        if self.char_level or self.analyzer is not None or few or np.median(found.lengths) > 1:
            return
        single = np.flatnonzero(found.lengths == 1)
        words = [found.words[found.codes[i]] for i in offsets_of(found.lengths)[single]]
        longest_parts = [max(map(len, word.split())) for word in words]  # glued words are others'
        if words and np.median(longest_parts) > _LONG_WORD:
            warn(
                f"Half of the texts or more are a single token, as {words[0]!r} in text "
                f"{single[0]}, so that hardly a word of theirs is met again. In a language "
                "without spaces between words set char_level=True, or pass a tokenizer of your own "
                "as analyzer."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _looked_up(ids, codes):
    """Write the id over every code, some at a time, as numpy takes 8 bytes more for each."""
    for i in range(0, len(codes), _CODES_AT_A_TIME):
        part = codes[i : i + _CODES_AT_A_TIME]
        part[:] = ids[part]
    return codes


@dataclass(frozen=True)
class _Pieces:
    """Texts cut at their separators: text i has the next ``lengths[i]`` of `codes`."""

    words: list  # the distinct pieces by first appearance; words[0] is ""
    codes: np.ndarray  # int32, (n_pieces,): positions in words
    lengths: np.ndarray  # int64, (n_samples,)


def _index_by_frequency(word_counts, oov_token):
    """Return ids by frequency, as Keras' are; `word_counts` is in order of first appearance."""
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
    """Return ids with one for `oov_token`, after the last if it has none, and counts of words."""
    index = dict(given)
    if oov_token is not None:
        index.setdefault(oov_token, len(index) + 1)
    return index, {word: word_counts.get(word, 0) for word in given}


def _known_words(index, cut, oov_id):
    """Return the words of all ids that a text can get; "" for the ids between that none can."""
    words = [""] * max(cut, (oov_id or 0) + 1)
    for word, i in index.items():
        if i < cut or i == oov_id:
            words[i] = word
    return Vocabulary(tuple(words), n_known=len(words), oov_id=oov_id)


def _grown(vocabulary, new_words):
    """Return the vocabulary with new words at its end, and their ids."""
    n_words = len(vocabulary.words)
    ids = np.arange(n_words, n_words + len(new_words), dtype=np.int32)
    if new_words:
        words = vocabulary.words + tuple(new_words)
        vocabulary = Vocabulary(words, vocabulary.n_known, vocabulary.oov_id)
    return vocabulary, ids


def _words_of(ids, vocabulary):
    """Return the word of each id; that of `oov_token`, or else "", for an id without one."""
    oov = "" if vocabulary.oov_id is None else vocabulary.words[vocabulary.oov_id]
    words = np.array(["", *(word or oov for word in vocabulary.words[1:]), oov], dtype=object)
    return words[np.where((ids >= 0) & (ids < len(vocabulary)), ids, -1)]
