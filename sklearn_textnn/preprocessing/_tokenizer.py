"""Word tokenization with the ids of Keras' Tokenizer."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
from sklearn.utils.metaestimators import available_if

from .._compat import InvalidParameterError
from .._validation import short_repr
from .._warnings import warn
from ._base_tokenizer import BaseTokenizer
from ._flat_ids import offsets_of
from ._split_words import ZERO_WIDTH, spans_of, spans_of_characters, splitter

_KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_WHITE_SPACE = re.compile(rf"[\s{ZERO_WIDTH}]")
_MUCH_WHITE_SPACE = 0.01  # of the running words; published corpora of English have 0.0002 at most
_LONG_WORD = 8  # characters; most words of languages with spaces are shorter
_ENOUGH_TEXTS = 20  # minimum to judge the language


class KerasTokenizerTransformer(BaseTokenizer):
    r"""Transform texts to token ids, the most frequent word first.

    The ids are those of Keras' `Tokenizer`, which Keras 3 removed: 1 for the most frequent word of
    the training texts, words of equal frequency in order of first appearance. 0 is reserved for
    padding. The words accompany the ids, see :class:`TokenIds`.

    Parameters
    ----------
    num_words : int >= 1 or None, default=None
        Only ids below `num_words` are used, so at most `num_words` - 1 words are kept. None keeps
        all.
    filters : str, default='!"#$%&()*+,-./:;<=>?@[\\\\]^_`{|}~\\t\\n'
        Characters that separate words as `split` does. Ignored if `char_level`.
    lower : bool, default=True
        Whether to lowercase texts.
    split : str or None, default=" "
        The separator of words, at least one character. None splits at white space of any kind and
        length: no-break, ideographic and zero-width spaces, line ends of all systems. The default,
        that of Keras, splits at spaces and `filters` only. Ignored if `char_level`.
    char_level : bool, default=False
        Whether each character is a token.
    oov_token : str or None, default=None
        The token that replaces unknown words. It has id 1 or, as in Keras, a later id if the
        training texts hold it too. None drops unknown words.
    analyzer : callable or None, default=None
        A custom tokenizing function, from a raw text to the list of its tokens, all of them str;
        empty ones are dropped. `filters`, `lower`, `split` and `char_level` are then ignored. None
        splits according to these.
    vocabulary : sequence of str, dict or None, default=None
        Words in the order of their ids, which start at 1, or a dict from word to id; then
        :meth:`fit` learns no words. An `oov_token` that is not among the words gets the id after
        the last. None learns the words from the training texts.
    unknown : {"drop", "keep"}, default="drop"
        How to treat words that :meth:`fit` did not see, or that `num_words` cut off.

        - "drop": as in Keras, replace them by `oov_token` or, if there is none, leave them out;
        - "keep": they get ids from `n_tokens_` upward in order of first appearance in the call,
          which extend the vocabulary of the returned ids, but not the fitted `vocabulary_`.
    encoding : str, default="utf-8"
        The encoding of bytes.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        How to treat bytes that are not valid in `encoding`; "strict" is an error.

    Attributes
    ----------
    word_index_ : dict of str to int
        The id of each word seen in :meth:`fit`, including those cut off by `num_words`, as in
        Keras.
    word_counts_ : dict of str to int
        The count of each word in :meth:`fit`, in order of first appearance. With `vocabulary`,
        counts of its words only, which may be 0.
    n_tokens_ : int
        The number of possible ids of known words and padding, all below `n_tokens_`. Respects
        `num_words`, but is always above the id of `oov_token`.
    vocabulary_ : Vocabulary
        The `n_tokens_` words of the ids. An id that texts cannot get has the word "".
    n_documents_ : int
        The number of training texts.

    See Also
    --------
    PadTransformer : Pad the ids to a common length.
    sklearn.feature_extraction.text.CountVectorizer : Transform texts to word counts.

    Notes
    -----
    Differences from Keras' class: nothing accumulates between two calls of :meth:`fit`; texts
    without a single word are an error in :meth:`fit`; the number of ids is `n_tokens_`, whereas
    ``len(word_index) + 1`` does not respect `num_words`.

    :meth:`inverse_transform` joins words by `split`, by a space for None, or without separator if
    `char_level`. If `split` is None, or one character that lowercasing does not change,
    :meth:`transform` restores the ids of known words.

    `set_output` has no effect: ragged ids do not fit a frame, which would also lose their words.

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

    A word that only later texts hold is dropped, or kept with a new id:

    >>> [row.tolist() for row in tokenizer.transform(["great food"])]
    [[3]]
    >>> grown = tokenizer.set_params(unknown="keep").transform(["great food"])
    >>> [row.tolist() for row in grown], grown.vocabulary.words[5:]
    ([[5, 3]], ('great',))

    A custom tokenizing function:

    >>> by_line = KerasTokenizerTransformer(analyzer=str.splitlines)
    >>> by_line.fit(["New York\nLos Angeles"]).word_index_
    {'New York': 1, 'Los Angeles': 2}
    """

    _parameter_constraints = {
        **BaseTokenizer._parameter_constraints,
        "filters": [str],
        "lower": ["boolean"],
        "split": [str, None],
        "char_level": ["boolean"],
        "oov_token": [None, str],
        "analyzer": [callable, None],
        "vocabulary": [None, Mapping, "array-like"],
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

    @available_if(lambda self: self.analyzer is None)
    def token_spans(self, texts):
        """Return the positions of the tokens in texts, including those that `fit` did not see.

        Not available with an `analyzer`, which does not provide positions.

        Parameters
        ----------
        texts : iterable of str or bytes of length n_samples
            Texts, see :meth:`fit`.

        Returns
        -------
        list of list of (int, int)
            Start and end of the tokens of each text, in characters of the raw text.

        Raises
        ------
        ValueError, TypeError
            As in :meth:`fit` for invalid `texts`.

        Examples
        --------
        >>> from sklearn_textnn.preprocessing import KerasTokenizerTransformer
        >>> KerasTokenizerTransformer().token_spans(["Good food!"])
        [[(0, 4), (5, 9)]]
        """
        texts = self._texts(texts)
        if self.char_level:
            return [spans_of_characters(text, self.lower) for text in texts]
        return [spans_of(text, self.filters, self.split, self.lower) for text in texts]

    def _prepare(self):
        if self.split == "" and not self.char_level and self.analyzer is None:
            raise InvalidParameterError(
                "The 'split' parameter of KerasTokenizerTransformer is empty, expected at least "
                "one character, or None for any white space; char_level=True makes every "
                "character a token."
            )
        return {}

    def _cutter(self):
        """Return the function from a text to its tokens, which may be empty."""
        if self.analyzer is not None:
            return self._own_tokens
        if self.char_level:
            return str.lower if self.lower else str
        return splitter(self.filters, self.split, self.lower)

    def _joined(self, words):
        glue = "" if self.char_level else " " if self.split is None else self.split
        return glue.join(words)

    def _warn_of_tokens(self, found, counts):
        if self.analyzer is None and not self.char_level:
            self._warn_of_white_space(found, counts)
            self._warn_of_single_tokens(found)

    def _own_tokens(self, text):
        """Return the validated tokens of the analyzer for a text."""
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

    def _warn_of_vocabulary(self, given):
        for word in given if self.lower and self.analyzer is None else ():
            if word != word.lower() and word != self.oov_token:
                warn(
                    f"vocabulary holds {word!r}, which no text can match as lower=True; lowercase "
                    "the vocabulary or set lower=False."
                )
                return

    def _warn_of_white_space(self, found, counts):
        if self.split != " ":
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
        """Warn if texts are not split, as in languages without spaces between words."""
        few = len(found.lengths) < _ENOUGH_TEXTS
        if few or np.median(found.lengths) > 1:
            return
        single = np.flatnonzero(found.lengths == 1)
        words = [found.words[found.codes[i]] for i in offsets_of(found.lengths)[single]]
        longest_parts = [max(map(len, word.split())) for word in words]  # glued words
        if words and np.median(longest_parts) > _LONG_WORD:
            warn(
                f"Half of the texts or more are a single token, as {words[0]!r} in text "
                f"{single[0]}, so that hardly a word of theirs is met again. In a language "
                "without spaces between words set char_level=True, or pass a tokenizer of your own "
                "as analyzer."
            )
