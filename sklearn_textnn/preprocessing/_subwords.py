"""Subword tokenization with a tokenizer of the tokenizers library."""

import json
import os
from functools import lru_cache
from pathlib import Path

from .._saved_state import Constraint
from .._validation import expect, short_repr
from ._base_tokenizer import BaseTokenizer


class SubwordTokenizerTransformer(BaseTokenizer):
    """Transform texts to ids of subwords, the most frequent first.

    A trained tokenizer of the `tokenizers <https://huggingface.co/docs/tokenizers>`_ library splits
    the texts (byte pair encoding, WordPiece, unigram). Only subwords of the training texts get ids,
    so that the network's table is no longer than necessary. The subwords accompany the ids as words
    do, and :class:`~sklearn_textnn.embeddings.GloVeEmbedder` looks them up in the table of a static
    sentence encoder, see ``WordVectors.read(path, tokenizer=...)``.

    Parameters
    ----------
    tokenizer : str, path-like or tokenizers.Tokenizer
        The path of ``tokenizer.json``, its content, or a Tokenizer. Truncation, padding, dropout
        and special tokens are disabled.
    num_words : int >= 1 or None, default=None
        Only ids below `num_words` are used; None keeps all.
    unknown : {"drop", "keep"}, default="keep"
        How to treat subwords that :meth:`fit` did not see, or that `num_words` cut off.

        - "keep": they get ids from `n_tokens_` upward, so that vectors can be looked up;
        - "drop": they are left out.
    encoding : str, default="utf-8"
        The encoding of bytes.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        How to treat bytes that are not valid in `encoding`; "strict" is an error.

    Attributes
    ----------
    tokenizer_json_ : str
        The tokenizer as JSON, so that a fitted transformer does not need the file.
    word_index_ : dict of str to int
        The id of each subword seen in :meth:`fit`.
    word_counts_ : dict of str to int
        How often every subword occurred in :meth:`fit`, in order of first appearance.
    n_tokens_ : int
        Number of ids that a known subword or padding can have.
    vocabulary_ : Vocabulary
        The `n_tokens_` subwords behind the ids.
    n_documents_ : int
        Number of training texts.

    See Also
    --------
    KerasTokenizerTransformer : Words instead.
    NgramTransformer : Hashed n-grams, which need no trained tokenizer.

    Notes
    -----
    Needs the library tokenizers: ``pip install 'sklearn-textnn[subwords]'``. To save a pipeline
    pass a path or the content as text, not the library's object.

    Examples
    --------
    >>> from sklearn_textnn.preprocessing import SubwordTokenizerTransformer
    >>> from tokenizers import Tokenizer, models, pre_tokenizers
    >>> pieces = {"[UNK]": 0, "good": 1, "food": 2, "##ness": 3}
    >>> trained = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))
    >>> trained.pre_tokenizer = pre_tokenizers.Whitespace()
    >>> tokenizer = SubwordTokenizerTransformer(trained)
    >>> X = tokenizer.fit_transform(["good food", "goodness"])
    >>> X.vocabulary.words, [row.tolist() for row in X]
    (('', 'good', 'food', '##ness'), [[1, 2], [1, 3]])
    >>> tokenizer.token_spans(["goodness"])
    [[(0, 4), (4, 8)]]
    """

    _parameter_constraints = {
        **BaseTokenizer._parameter_constraints,
        "tokenizer": "no_validation",  # checked by hand, with a hint
    }

    _saved_state = {
        "tokenizer_json_": Constraint("a str", lambda value, _: isinstance(value, str)),
        **BaseTokenizer._saved_state,
    }

    def __init__(
        self,
        tokenizer,
        *,
        num_words=None,
        unknown="keep",
        encoding="utf-8",
        decode_error="strict",
    ):
        self.tokenizer = tokenizer
        self.num_words = num_words
        self.unknown = unknown
        self.encoding = encoding
        self.decode_error = decode_error

    def token_spans(self, texts):
        """Return the positions of the subwords in texts, including those that `fit` did not see.

        Parameters
        ----------
        texts : iterable of str or bytes of length n_samples
            Texts, see :meth:`fit`.

        Returns
        -------
        list of list of (int, int)
            Start and end of the subwords of each text, in characters. Subwords of the bytes of one
            character have the same position.

        Raises
        ------
        ValueError, TypeError
            As in :meth:`fit` for invalid `texts`.
        """
        own = getattr(self, "tokenizer_json_", None) or _as_json(self.tokenizer)
        return [_encoded(_built(own), text).offsets for text in self._texts(texts)]

    def _prepare(self):
        return {"tokenizer_json_": _as_json(self.tokenizer)}

    def _cutter(self, tokenizer_json_=None):
        built = _built(tokenizer_json_ or self.tokenizer_json_)
        return lambda text: _encoded(built, text).tokens

    def _joined(self, words):
        decoder = _built(self.tokenizer_json_).decoder
        return " ".join(words) if decoder is None else decoder.decode(words)

    def _check_saved(self):
        super()._check_saved()
        if hasattr(self, "tokenizer_json_"):
            is_sound = _is_tokenizer(_parsed(self.tokenizer_json_))
            expect(is_sound, "its tokenizer_json_ is not a tokenizer")


def subword_ids(tokenizer):
    """Return the id of each subword of a tokenizer, those that were added to its model included."""
    return _built(_as_json(tokenizer)).get_vocab()


def _as_json(tokenizer):
    """Return a tokenizer as JSON without truncation, padding, dropout and special tokens."""
    content = None
    if hasattr(tokenizer, "to_str"):
        content = tokenizer.to_str()
    elif isinstance(tokenizer, str) and tokenizer.lstrip().startswith("{"):
        content = tokenizer
    elif isinstance(tokenizer, (str, os.PathLike)):
        content = _read(tokenizer)
    found = None if content is None else _parsed(content)
    if not _is_tokenizer(found):
        raise ValueError(
            f"tokenizer is {short_repr(tokenizer)}, expected a tokenizer of the tokenizers "
            "library: the path of a tokenizer.json, its content, or a Tokenizer."
        )
    found |= {"truncation": None, "padding": None}
    if found["model"].get("dropout"):
        found["model"]["dropout"] = None
    return json.dumps(found, ensure_ascii=False)


def _read(path):
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        error.add_note(
            "tokenizer is expected to be the path of a tokenizer.json, its content, or a "
            "Tokenizer; for a name on a hub pass tokenizers.Tokenizer.from_pretrained(name)."
        )
        raise


def _parsed(content):
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _is_tokenizer(found):
    return isinstance(found, dict) and isinstance(found.get("model"), dict)


@lru_cache(maxsize=4)
def _built(content):
    """Return the library's tokenizer, which is slow to build."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ImportError(
            "SubwordTokenizerTransformer needs the library tokenizers: "
            "pip install 'sklearn-textnn[subwords]'."
        ) from error
    try:
        return Tokenizer.from_str(content)
    except Exception as error:  # the library raises nothing more specific
        raise ValueError(f"the tokenizers library cannot read tokenizer: {error}") from error


def _encoded(built, text):
    try:
        return built.encode(text, add_special_tokens=False)
    except (TypeError, UnicodeEncodeError):  # half of a surrogate pair, which UTF-8 cannot hold
        readable = text.encode("utf-8", "replace").decode("utf-8")
        return built.encode(readable, add_special_tokens=False)
