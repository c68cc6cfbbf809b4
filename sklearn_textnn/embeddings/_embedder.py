"""Token ids or texts to pretrained vectors."""

import copy
import os
import warnings
from itertools import islice
from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from .._arrays import read_only
from .._compat import CallbackSupportMixin, HasMethods, InvalidParameterError, fit_context
from .._saved_state import Constraint, array, counts, instance_of, integer, optional
from .._validation import expect, short_repr
from ..preprocessing import (
    KerasTokenizerTransformer,
    PadTransformer,
    TokenIds,
    Vocabulary,
    check_range,
    with_index,
)
from ._coverage import Coverage, SeenWords
from ._embedded_tokens import EmbeddedTokens
from ._lookup import ENDS, FORMS, Lookup
from ._pool_vectors import (
    count_words,
    extreme_vectors,
    mean_vectors,
    running_words,
)
from ._vectors import WordVectors

_SEQUENCES = ("sequence", "tensor")
_POOLED = ("mean", "max", "min", "idf-mean")
_LOW_COVERAGE = 0.5  # of the running words; below, the vectors are for another language or case
_CASE_HINT = (
    "if the vectors are for lowercase words, take KerasTokenizerTransformer(lower=True) or oov="
    '("casefold", "strip")'
)


class GloVeEmbedder(CallbackSupportMixin, TransformerMixin, BaseEstimator):
    """Turn token ids or texts into pretrained word vectors.

    Any vectors of words will do, not only GloVe's. As a sequence of vectors per text they are the
    start of a network, pooled to one vector per text the features of any scikit-learn estimator.

    Nothing is learnt about the vectors: :meth:`fit` looks up the known words, and
    :meth:`transform` those that only later texts hold.

    Parameters
    ----------
    vectors : str, path-like or WordVectors
        Pretrained vectors, or the file that holds them: see :meth:`WordVectors.read`. A file is
        looked through for the words of the texts, and parsed as a whole, into the data home, when
        a process has done that a few times, when the embedder is pickled, and for `oov` "mean" and
        "random", which need all vectors. The results are the same.
    output : {"sequence", "tensor", "mean", "max", "min", "idf-mean"} or tuple, default="sequence"
        What becomes of the words' vectors.

        - "sequence": :class:`EmbeddedTokens`, the tensor (n_samples, maxlen, dim) kept as ids and
          table, which networks can go on training;
        - "tensor": the plain tensor;
        - "mean", "max", "min": of every component over the words of a text, (n_samples, dim);
        - "idf-mean": the mean weighted by the smoothed inverse document frequencies of the
          training texts, those of
          :class:`~sklearn.feature_extraction.text.TfidfTransformer`;
        - a tuple of pooled ones, as in ``("mean", "max")``: side by side, (n_samples, 2 * dim).

        Words without a vector take no part in pooling; a text with no others gets zeros.
    oov : {"zero", "mean", "random", "unk", "casefold", "strip"} or tuple, default="zero"
        What a word gets that has no vector. A tuple such as ``("casefold", "strip", "random")``
        first looks for other forms of the word, then ends with a stand-in, "zero" if it names none:

        - "casefold": the lowercase, then the case-folded form;
        - "strip": without punctuation, symbols and spaces at both ends;
        - "zero": zeros, as the padding has;
        - "mean": the mean of all vectors;
        - "random": uniformly distributed numbers with the standard deviation of all vectors
          [2]_, drawn from the word itself: the same in every process and for every order of words;
        - "unk": the vector that the file itself has for unknown words, under ``<unk>``, ``<UNK>``,
          ``[UNK]``, ``UNK`` or ``unk``, the first of these that it holds.

        A step changes all forms so far, so that the example looks for the word as it is,
        lowercased, stripped, and both. With "mean", "random" and "unk" every word has a vector,
        and takes part in pooling.
    tokenizer : transformer or None, default=None
        Makes :class:`~sklearn_textnn.preprocessing.TokenIds` of texts; cloned. None takes
        ``KerasTokenizerTransformer(unknown="keep")``. Ignored if :meth:`fit` gets token ids.

    Attributes
    ----------
    embedding_matrix_ : ndarray of float32 of shape (n_known, dim)
        The vector of each known id, read-only. Row 0, the padding, is zero.
    vocabulary_ : Vocabulary
        The `n_known` known words.
    coverage_ : Coverage
        Shares of the training texts' distinct words (``types``), running words (``tokens``) and
        ``documents`` that have vectors. Another form that was found counts, a stand-in does not.
    oov_words_ : dict of str to int
        The words without a vector and how often they occur in the training texts, the most
        frequent first.
    idf_ : ndarray of float64 of shape (n_known,)
        Inverse document frequency of each known id in the training texts.
    vectors_ : WordVectors
        The pretrained vectors.
    tokenizer_ : transformer
        The fitted tokenizer. Only defined when :meth:`fit` got texts.
    pad_ : PadTransformer
        Pads ids that come without a common length to that of the longest training text.
    n_features_in_ : int
        Width of the token ids of :meth:`fit`. Only defined when those were padded.

    See Also
    --------
    WordVectors : Reads files of vectors.
    sklearn_textnn.preprocessing.KerasTokenizerTransformer : Makes token ids from texts.

    Notes
    -----
    Words that were not known in :meth:`fit` reach :meth:`transform` if the tokenizer keeps them
    (``unknown="keep"``). Their vectors follow those of `embedding_matrix_` in the table of the
    result. What becomes of a text does not depend on the other texts of the call.

    Words that ``num_words`` cuts off count as unknown: they have vectors, but no `idf_` of their
    own.

    A sequence stays :class:`EmbeddedTokens` under ``set_output(transform="pandas")``, as no frame
    holds it; pooled vectors follow the setting.

    References
    ----------
    .. [1] Pennington, Socher and Manning, `GloVe: Global Vectors for Word Representation
       <https://aclanthology.org/D14-1162/>`_, EMNLP 2014.
    .. [2] Kim, `Convolutional Neural Networks for Sentence Classification
       <https://aclanthology.org/D14-1181/>`_, EMNLP 2014.

    Examples
    --------
    >>> from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
    >>> vectors = WordVectors(["good", "bad", "food"], [[1, 0], [-1, 0], [0, 1]])
    >>> texts = ["Good food!", "bad, bad food", "Bad service"]
    >>> embedder = GloVeEmbedder(vectors, output="mean").fit(texts)
    >>> embedder.transform(texts)
    array([[ 0.5       ,  0.5       ],
           [-0.6666667 ,  0.33333334],
           [-1.        ,  0.        ]], dtype=float32)
    >>> embedder.coverage_
    Coverage(types=0.75, tokens=0.857..., documents=1.0)
    >>> embedder.oov_words_
    {'service': 1}

    For a network, from token ids:

    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer
    >>> steps = KerasTokenizerTransformer(), PadTransformer(), GloVeEmbedder(vectors)
    >>> make_pipeline(*steps).fit_transform(texts)
    <EmbeddedTokens: shape (3, 3, 2), 5 tokens>
    """

    _parameter_constraints = {
        "vectors": "no_validation",  # these three are checked by hand, with a hint
        "output": "no_validation",
        "oov": "no_validation",
        "tokenizer": [HasMethods(["fit_transform", "transform"]), None],
    }

    _saved_state = {
        "vectors_": instance_of(WordVectors),
        "vocabulary_": instance_of(Vocabulary),
        "embedding_matrix_": array("float32", "vocabulary_.n_known", "vectors_.dim"),
        "coverage_": instance_of(Coverage),
        "oov_words_": counts(0),
        "idf_": array("float", "vocabulary_.n_known"),
        "pad_": instance_of(PadTransformer),
        "_lookup": instance_of(Lookup),
        "_covered": array("bool", "vocabulary_.n_known"),
        "_seen": None,  # only for partial_fit to go on from
        "tokenizer_": optional(
            Constraint("a transformer", lambda value, _: hasattr(value, "transform"))
        ),
        "n_features_in_": optional(integer(1)),
    }

    def __init__(self, vectors, *, output="sequence", oov="zero", tokenizer=None):
        self.vectors = vectors
        self.output = output
        self.oov = oov
        self.tokenizer = tokenizer

    @fit_context(prefer_skip_nested_validation=False)  # the tokenizer's parameters are checked too
    def fit(self, X, y=None):
        """Look up the known words.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,) or (n_samples, maxlen), or iterable of str
            Token ids with their words, ragged or padded; or texts, in any container that
            :class:`~sklearn_textnn.preprocessing.KerasTokenizerTransformer` takes.
        y : None
            Ignored.

        Returns
        -------
        GloVeEmbedder
            The fitted transformer.

        Raises
        ------
        InvalidParameterError
            If a parameter, or one of the tokenizer's, is outside of its range.
        ValueError
            If `X` holds no words, ids without words or ids that its vocabulary does not know, if
            none of its words has a vector, or if `oov` is "unk" and there is no such vector.
        OSError
            If `vectors` is a path that cannot be read.

        Warns
        -----
        UserWarning
            If less than half of the running words have vectors.
        """
        self._fit(X)
        return self

    @fit_context(prefer_skip_nested_validation=False)  # the tokenizer's parameters are checked too
    def fit_transform(self, X, y=None):
        """Look up the known words, then embed the same texts: ``fit(X).transform(X)``.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,) or (n_samples, maxlen), or iterable of str
            Token ids with their words, or texts, see :meth:`fit`.
        y : None
            Ignored.

        Returns
        -------
        EmbeddedTokens or ndarray of float32
            See :meth:`transform`.
        """
        return self._embed(self._fit(X))

    @fit_context(prefer_skip_nested_validation=False)  # the tokenizer's parameters are checked too
    def partial_fit(self, X, y=None):
        """Look up the words of one more chunk of the training texts.

        Chunk after chunk gives what :meth:`fit` gives for all of their texts at once. Of texts, the
        ids may change from call to call: read all chunks before the first is transformed.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,) or (n_samples, maxlen), or iterable of str
            The next training texts, see :meth:`fit`. Token ids of all chunks know the same words;
            a tokenizer that makes them has read all chunks before.
        y : None
            Ignored.

        Returns
        -------
        GloVeEmbedder
            The transformer.

        Raises
        ------
        InvalidParameterError, ValueError, OSError
            As in :meth:`fit`; texts without words are an error in the first chunk only. If a chunk
            is of another kind, vocabulary or width than those before it, or `tokenizer` has no
            `partial_fit`. After an error the transformer is as the chunks before left it.

        Warns
        -----
        UserWarning
            If less than half of the running words of the first chunk have vectors.
        """
        self._fit(X, before=self if hasattr(self, "vocabulary_") else None)
        return self

    def transform(self, X):
        """Give every word its vector.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,) or (n_samples, maxlen), or iterable of str
            Token ids whose vocabulary starts with `vocabulary_`; or texts, if :meth:`fit` got
            texts.

        Returns
        -------
        EmbeddedTokens or ndarray of float32
            As `output` says: (n_samples, maxlen, dim) for sequences and tensors,
            (n_samples, n_outputs * dim) for pooled ones.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If `X` has another vocabulary than in :meth:`fit`, or another width than the padded ids
            there; holds ids without words; or holds texts where :meth:`fit` got ids. If the file
            of the vectors has changed since :meth:`fit`, and had not been parsed by then.
        """
        check_is_fitted(self)
        return self._embed(self._known_tokens(X))

    @available_if(lambda self: self.output != "sequence")
    def get_feature_names_out(self, input_features=None):
        """Name the columns of pooled vectors.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects of shape (n_outputs * dim,)
            ``["vector_mean_0", "vector_mean_1", ...]``.

        Raises
        ------
        ValueError
            If the output is a tensor.
        """
        check_is_fitted(self)
        pooled = check_output(self.output)
        if pooled == ("tensor",):
            raise ValueError(
                "a tensor is 3-D, which no frame holds; take set_output(transform="
                '"default"), or a pooled output, as "mean".'
            )
        dim = self.embedding_matrix_.shape[1]
        names = [f"vector_{kind}_{i}" for kind in pooled for i in range(dim)]
        return np.array(names, dtype=object)

    def set_output(self, *, transform=None):
        """Choose the container of pooled vectors; a sequence stays EmbeddedTokens.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container; None changes nothing.

        Returns
        -------
        GloVeEmbedder
            The transformer.
        """
        if transform is not None:  # scikit-learn's own set_output is there for frames only
            self._sklearn_output_config = {"transform": transform}
        return self

    def _fit(self, X, before=None):
        task = self._init_callback_context().call_on_fit_task_begin(estimator=self, X=X)
        check_output(self.output)
        forms, end = check_oov(self.oov)
        vectors = _opened(self.vectors) if before is None else before.vectors_
        tokens, tokenizer = self._new_tokens(X, before)
        counts = _counted(tokens, may_be_empty=before is not None)
        lookup = Lookup(vectors, forms, end)
        words, n_known = tokens.vocabulary.words, tokens.vocabulary.n_known
        if before is None or tokenizer is not None:
            table, covered = lookup.table_of(words)
        else:
            table, covered = before._table_for(tokens.vocabulary)
        if not covered.any():
            raise ValueError(_nothing_found(words, vectors))
        seen = (SeenWords() if before is None else before._seen).and_more(counts, covered, words)
        missing = {words[i] for i in np.flatnonzero(~covered)}
        missing.update(() if before is None else before.oov_words_)
        missing = seen.count(missing, words[:n_known])
        coverage = seen.measure_coverage(missing)
        if before is None and coverage.tokens < _LOW_COVERAGE:
            self._warn_of_low_coverage(coverage)
        pad = PadTransformer(None if tokens.is_ragged else tokens.shape[1]).fit(tokens)
        pad.set_output(transform="default")  # whatever the user's configuration is
        if before is not None:
            pad.maxlen_ = max(pad.maxlen_, before.pad_.maxlen_)

        self.vectors_ = vectors
        self.vocabulary_ = _known(tokens.vocabulary)
        self.embedding_matrix_ = read_only(table[:n_known].copy())
        self.coverage_ = coverage
        self.oov_words_ = missing
        self.idf_ = seen.inverse_document_frequencies(words[:n_known])
        self.pad_ = pad
        self._lookup = lookup
        self._covered = covered[:n_known]
        self._seen = seen
        self._keep("tokenizer_", tokenizer)
        self._keep("n_features_in_", None if tokens.is_ragged else tokens.shape[1])
        task.call_on_fit_task_end(estimator=self, X=X)
        return tokens

    def _keep(self, name, value):
        """Set an attribute that not every fit defines."""
        if value is not None:
            setattr(self, name, value)
        elif hasattr(self, name):
            delattr(self, name)

    def _new_tokens(self, X, before=None):
        """Return token ids to learn from, and the tokenizer that made them if there was need."""
        if before is not None:
            return self._more_tokens(X)
        tokenizer, tokens = None, X
        if not isinstance(X, TokenIds):
            _refuse_ids(X)
            tokenizer = KerasTokenizerTransformer(unknown="keep")
            if self.tokenizer is not None:
                tokenizer = clone(self.tokenizer)
            tokens = tokenizer.fit_transform(X)
        if not isinstance(tokens, TokenIds):
            raise ValueError(
                f"tokenizer gave a {type(tokens).__name__}, expected TokenIds, whose words can be "
                "looked up; take KerasTokenizerTransformer()."
            )
        if not len(tokens):
            raise ValueError("Found 0 samples in X, expected at least one text to learn from.")
        return tokens, tokenizer

    def _more_tokens(self, X):
        """Return token ids of one more chunk, and the tokenizer that has read it as well."""
        if not hasattr(self, "_seen"):
            raise ValueError(
                "this embedder was loaded from a model file, which does not hold the counts of "
                "words to go on from; fit it again, or pickle it instead."
            )
        if isinstance(X, TokenIds) != (not hasattr(self, "tokenizer_")):
            kinds = "TokenIds", "texts"
            found, expected = kinds if isinstance(X, TokenIds) else kinds[::-1]
            raise ValueError(f"X holds {found}, expected {expected} as in the chunks before.")
        if isinstance(X, TokenIds):
            if X.is_ragged == hasattr(self, "n_features_in_"):
                raise ValueError("X is padded in some chunks and ragged in others, expected one.")
            return self._known_tokens(X), None
        tokenizer = copy.deepcopy(self.tokenizer_)  # an error leaves the one there is as it was
        if not hasattr(tokenizer, "partial_fit"):
            raise ValueError(
                f"tokenizer is a {type(tokenizer).__name__} without partial_fit, expected one that "
                "learns chunk by chunk, such as KerasTokenizerTransformer()."
            )
        return tokenizer.partial_fit(X).transform(X), tokenizer

    def _known_tokens(self, X):
        """Return token ids whose known words are those of fit."""
        if not isinstance(X, TokenIds):
            _refuse_ids(X)
            if not hasattr(self, "tokenizer_"):
                raise ValueError(
                    "X holds texts, expected TokenIds as in fit; pass the output of the tokenizer "
                    "that made those, or fit on texts too."
                )
            X = self.tokenizer_.transform(X)
        elif not X.is_ragged:
            validate_data(self, X, skip_check_array=True, reset=False)
        if not X.vocabulary.extends(self.vocabulary_):
            raise ValueError(_other_vocabulary(X.vocabulary, self.vocabulary_))
        check_range(X)
        return X

    def _embed(self, tokens):
        outputs = check_output(self.output)
        table, covered = self._table_for(tokens.vocabulary)
        if outputs[0] in _POOLED:
            return with_index(self._pooled(outputs, tokens, table, covered), tokens, self)
        if tokens.is_ragged or tokens.shape[1] != self.pad_.maxlen_:
            tokens = self.pad_.transform(tokens)
        embedded = EmbeddedTokens(tokens, table)
        return embedded if outputs == ("sequence",) else np.asarray(embedded)

    def _table_for(self, vocabulary):
        """Append the vectors of words that fit did not know."""
        new = vocabulary.words[vocabulary.n_known :]
        if not new:
            return self.embedding_matrix_, self._covered
        rows, covered = self._lookup.table_of(new)
        table = np.concatenate([self.embedding_matrix_, rows])
        return read_only(table), np.concatenate([self._covered, covered])

    def _pooled(self, outputs, tokens, table, covered):
        if self._lookup.end != "zero":  # then every word has a vector
            covered = np.array([bool(word) for word in tokens.vocabulary.words])
        words = running_words(tokens.flat, covered)
        blocks = []
        for kind in outputs:
            if kind == "mean":
                blocks.append(mean_vectors(words, table))
            elif kind == "idf-mean":
                blocks.append(mean_vectors(words, table, self._weights(len(table))))
            else:
                blocks.append(extreme_vectors(words, table, getattr(np, f"{kind}imum")))
        return np.hstack(blocks)

    def _weights(self, n_tokens):
        """Return the inverse document frequency of every id."""
        unseen = self.idf_[0]  # as the padding, a word that fit did not know is in no document
        return np.concatenate([self.idf_, np.full(n_tokens - len(self.idf_), unseen)])

    @staticmethod
    def _warn_of_low_coverage(coverage):
        warnings.warn(
            f"only {coverage.tokens:.1%} of the running words of X have vectors ("
            f"{coverage.types:.1%} of the distinct ones); see oov_words_ for the others. Check the "
            f"language of the vectors, and {_CASE_HINT}.",
            UserWarning,
            stacklevel=5,
        )

    def _check_saved(self):
        check_output(self.output)
        check_oov(self.oov)
        if hasattr(self, "vocabulary_"):
            words = self.vocabulary_
            expect(len(words) == words.n_known, "its vocabulary_ holds words that are not known")
            expect(self._lookup.vectors is self.vectors_, "its _lookup has other vectors")
            expect(hasattr(self.pad_, "maxlen_"), "its pad_ is not fitted")

    def __setstate__(self, state):
        super().__setstate__(state)
        for name in {"embedding_matrix_"} & set(vars(self)):
            setattr(self, name, read_only(vars(self)[name]))  # pickles come back writeable

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []  # vectors are float32, whatever came
        return tags


def check_output(output):
    """Return the outputs as a tuple: pooled ones, or a single other one."""
    if isinstance(output, str) and output in _SEQUENCES + _POOLED:
        return (output,)
    if isinstance(output, (tuple, list)) and _are_distinct(output, _POOLED):
        return tuple(output)
    raise InvalidParameterError(
        f"The 'output' parameter of GloVeEmbedder is {output!r}, expected one of "
        f"{_SEQUENCES + _POOLED} or a tuple of distinct pooled ones {_POOLED}, as in "
        '("mean", "max").'
    )


def check_oov(oov):
    """Return the forms that are tried, and the stand-in at the end."""
    steps = (oov,) if isinstance(oov, str) else oov
    if isinstance(steps, (tuple, list)) and _are_distinct(steps, FORMS + ENDS):
        forms, end = (steps[:-1], steps[-1]) if steps[-1] in ENDS else (steps, "zero")
        if all(form in FORMS for form in forms):
            return tuple(forms), end
    raise InvalidParameterError(
        f"The 'oov' parameter of GloVeEmbedder is {oov!r}, expected one of {FORMS + ENDS} or a "
        f"tuple of distinct forms {FORMS}, then perhaps one stand-in {ENDS}, as in "
        '("casefold", "strip", "random").'
    )


def _are_distinct(names, allowed):
    """Whether there are names, all of them allowed and none of them twice."""
    known = all(isinstance(name, str) and name in allowed for name in names)
    return known and len(names) == len(set(names)) > 0


def _opened(vectors):
    if isinstance(vectors, WordVectors):
        return vectors
    if isinstance(vectors, (str, os.PathLike)):
        return WordVectors._of_file(vectors)
    raise InvalidParameterError(
        f"The 'vectors' parameter of GloVeEmbedder is {short_repr(vectors)} of type "
        f"{type(vectors).__name__}, expected WordVectors or the path of a file that holds vectors; "
        "pass WordVectors(words, matrix) for vectors in memory."
    )


def _refuse_ids(X):
    """Raise if X holds numbers, or vectors already, where texts are expected."""
    if isinstance(X, EmbeddedTokens):
        raise ValueError(
            "X is embedded already, expected TokenIds or texts; a pipeline needs GloVeEmbedder "
            "once."
        )
    if _holds_numbers(X):
        raise ValueError(
            "X holds token ids without the words behind them, so that nothing can be looked up. "
            "Pass the TokenIds that KerasTokenizerTransformer and PadTransformer give, or texts. "
            'PadTransformer under set_output(transform="pandas") drops the words, and so does '
            'numpy.asarray: take set_output(transform="default"), or put GloVeEmbedder before '
            "whatever wants plain arrays."
        )


def _holds_numbers(X):
    """Whether X is an array, a frame or a list of numbers or of rows of numbers."""
    if sparse.issparse(X):
        return True
    if hasattr(X, "__array__"):
        X = np.asarray(X)
        if X.dtype.kind in "iufb":
            return True
    if not isinstance(X, (list, tuple, np.ndarray)):
        return False
    rows = (list(row.flat) if isinstance(row, np.ndarray) else row for row in X)
    row = next((row for row in rows if not isinstance(row, (list, tuple)) or row), None)
    values = row if isinstance(row, (list, tuple)) else [row]
    # NaN among other things than numbers is a text that is missing.
    return all(isinstance(value, Real) and value == value for value in values)


def _counted(tokens, may_be_empty=False):
    """Count the words of every training text."""
    check_range(tokens)
    is_word = np.arange(len(tokens.vocabulary)) > 0
    counts = count_words(running_words(tokens.flat, is_word))
    if not counts.nnz and not may_be_empty:
        raise ValueError("X holds no words: every text is empty; pass texts with words.")
    return counts


def _known(vocabulary):
    """Cut a vocabulary to the words that are known."""
    if len(vocabulary) == vocabulary.n_known:
        return vocabulary
    words = vocabulary.words[: vocabulary.n_known]
    return Vocabulary(words, vocabulary.n_known, vocabulary.oov_id)


def _other_vocabulary(vocabulary, fitted):
    same = "the same ids for known words"
    pairs = zip(vocabulary.words, fitted.words, strict=False)
    for i, (word, expected) in enumerate(islice(pairs, fitted.n_known)):
        if word != expected:
            same = f"id {i} for {expected!r}, not for {word!r}"
            break
    return (
        f"X has a vocabulary of {vocabulary.n_known} known words and oov_id={vocabulary.oov_id}, "
        f"expected that of fit, {fitted.n_known} words, oov_id={fitted.oov_id} and {same}; pass "
        "the output of the tokenizer that made the ids of fit, or fit again."
    )


def _nothing_found(words, vectors):
    missing = ", ".join(map(repr, islice(filter(None, words), 3)))
    held = ", ".join(map(repr, islice(vectors.words, 3)))
    return (
        f"none of the {sum(map(bool, words))} words of X has a vector: X holds {missing}, the "
        f"vectors hold {held}. Check the language of the vectors, and {_CASE_HINT}."
    )
