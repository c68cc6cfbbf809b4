"""Token ids or texts to pretrained vectors."""

import copy

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from .._arrays import read_only
from .._compat import CallbackSupportMixin, HasMethods, fit_context
from .._saved_state import Constraint, array, counts, instance_of, integer, optional
from .._validation import expect
from ..preprocessing import (
    KerasTokenizerTransformer,
    PadTransformer,
    TokenIds,
    Vocabulary,
    check_range,
    with_index,
)
from ._check_embedder import (
    LOW_COVERAGE,
    POOLED,
    check_oov,
    check_output,
    check_parameters,
    check_same_kind,
    check_vocabulary,
    nothing_found,
    refuse_ids,
    warn_of_low_coverage,
)
from ._coverage import Coverage, SeenWords
from ._embedded_tokens import EmbeddedTokens
from ._lookup import Lookup
from ._pool_vectors import count_tokens, extreme_vectors, mean_vectors, running_words
from ._vectors import WordVectors


class GloVeEmbedder(CallbackSupportMixin, TransformerMixin, BaseEstimator):
    """Transform token ids or texts to pretrained word vectors.

    Any word vectors can be used, not only GloVe's [1]_. Sequences of vectors are input for a
    network; pooled to one vector per text, they are features for any scikit-learn estimator.

    The vectors are not trained: :meth:`fit` looks up the words of the training texts, and
    :meth:`transform` new ones.

    Parameters
    ----------
    vectors : str, path-like or WordVectors
        Pretrained vectors, or the path of a file, see :meth:`WordVectors.read`. A file is searched
        for the words of the texts. It is parsed completely, and cached in the data home,

        - after a few such searches in a process;
        - when the embedder is pickled;
        - if `oov` is "mean" or "random", which need all vectors.

        The results are the same.
    output : {"sequence", "tensor", "mean", "max", "min", "idf-mean"} or tuple, default="sequence"
        The kind of output.

        - "sequence": :class:`EmbeddedTokens`, the tensor (n_samples, maxlen, dim) stored as ids
          and a table, which networks can train further;
        - "tensor": the plain tensor;
        - "mean", "max", "min": of each component over the words of a text, (n_samples, dim);
        - "idf-mean": the mean weighted by smoothed inverse document frequencies, as in
          :class:`~sklearn.feature_extraction.text.TfidfTransformer`;
        - a tuple of poolings, such as ``("mean", "max")``: concatenated, (n_samples, 2 * dim).

        Words without a vector are left out of pooling; a text without any vector gets zeros.
    oov : {"zero", "mean", "random", "unk", "casefold", "strip"} or tuple, default="zero"
        How to treat words without a vector. A tuple such as ``("casefold", "strip", "random")``
        tries other forms of the word first, then uses a fallback, by default "zero":

        - "casefold": the lowercase, then the case-folded form;
        - "strip": without punctuation, symbols and spaces at both ends;
        - "zero": zeros, as for padding;
        - "mean": the mean of all vectors;
        - "random": uniformly distributed numbers with the standard deviation of all vectors
          [2]_, seeded by the word: the same in every process and for every order of words;
        - "unk": the vector that the file has for unknown words, under ``<unk>``, ``<UNK>``,
          ``[UNK]``, ``UNK`` or ``unk``, whichever it holds first.

        Each step applies to all previous forms, so ``("casefold", "strip", "random")`` tries the
        word as it is, lowercased, case-folded, and each of these stripped. With "mean", "random"
        and "unk" every word has a vector and is pooled.
    tokenizer : transformer or None, default=None
        Transforms texts to :class:`~sklearn_textnn.preprocessing.TokenIds`; cloned. None means
        ``KerasTokenizerTransformer(unknown="keep")``. Ignored if :meth:`fit` gets token ids.

    Attributes
    ----------
    embedding_matrix_ : ndarray of float32 of shape (n_known, dim)
        The vector of each known id, read-only. Row 0, the padding, is zero.
    vocabulary_ : Vocabulary
        The `n_known` known words.
    coverage_ : Coverage
        Shares of the training texts' distinct words (``types``), running words (``tokens``) and
        ``documents`` that have vectors. Other forms of a word count, fallbacks do not.
    oov_words_ : dict of str to int
        The words without a vector and their counts in the training texts, most frequent first.
    idf_ : ndarray of float64 of shape (n_known,)
        Inverse document frequency of each known id in the training texts.
    vectors_ : WordVectors
        The pretrained vectors.
    tokenizer_ : transformer
        The fitted tokenizer. Only defined if :meth:`fit` was given texts.
    pad_ : PadTransformer
        Pads ragged ids to the length of the longest training text.
    n_features_in_ : int
        The width of the token ids passed to :meth:`fit`. Only defined if those were padded.

    See Also
    --------
    WordVectors : Pretrained vectors from a file or from memory.
    sklearn_textnn.preprocessing.KerasTokenizerTransformer : Transform texts to token ids.

    Notes
    -----
    Words that :meth:`fit` did not see get vectors in :meth:`transform` if the tokenizer keeps them
    (``unknown="keep"``). In the table of the result they follow those of `embedding_matrix_`. The
    output for a text does not depend on the other texts of the call.

    Words cut off by ``num_words`` count as unknown: they have vectors, but no `idf_` of their own.

    A sequence stays :class:`EmbeddedTokens` under ``set_output(transform="pandas")``, since a frame
    cannot hold it; pooled vectors follow the setting.

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
        "_seen": None,  # only needed to continue with partial_fit
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
            If `X` holds no words, ids without words or ids outside its vocabulary, if none of its
            words has a vector, or if `oov` is "unk" and there is no such vector.
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

        After all chunks the result is that of :meth:`fit` on all texts at once. If `X` are texts,
        the ids may change from call to call: read all chunks before the first is transformed.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,) or (n_samples, maxlen), or iterable of str
            The next training texts, see :meth:`fit`. The token ids of all chunks must have the same
            known words: fit their tokenizer on all chunks first.
        y : None
            Ignored.

        Returns
        -------
        GloVeEmbedder
            The transformer.

        Raises
        ------
        InvalidParameterError, ValueError, OSError
            As in :meth:`fit`, but only the first chunk must hold words. Also if a chunk differs
            from the previous ones in kind, vocabulary or width, or `tokenizer` has no
            `partial_fit`. After an error the transformer is as the previous chunks left it.

        Warns
        -----
        UserWarning
            If less than half of the running words of the first chunk have vectors.
        """
        if hasattr(self, "vocabulary_"):
            self._fit_more(X)
        else:
            self._fit(X)
        return self

    def transform(self, X):
        """Transform words to vectors.

        Parameters
        ----------
        X : TokenIds of shape (n_samples,) or (n_samples, maxlen), or iterable of str
            Token ids whose vocabulary starts with `vocabulary_`; or texts, if :meth:`fit` got
            texts.

        Returns
        -------
        EmbeddedTokens or ndarray of float32
            Of shape (n_samples, maxlen, dim) for sequences and tensors, (n_samples,
            n_outputs * dim) for pooled vectors.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If vocabulary or width of `X` differ from those in :meth:`fit`; if `X` holds ids
            without words, or texts although :meth:`fit` got ids; if the file of the vectors has
            changed since :meth:`fit` and had not been parsed by then.
        """
        check_is_fitted(self)
        return self._embed(self._known_tokens(X))

    @available_if(lambda self: self.output != "sequence")
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of pooled vectors.

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
                "a tensor is 3-D, which does not fit a frame; use set_output(transform="
                '"default"), or a pooled output such as "mean".'
            )
        dim = self.embedding_matrix_.shape[1]
        names = [f"vector_{kind}_{i}" for kind in pooled for i in range(dim)]
        return np.array(names, dtype=object)

    def set_output(self, *, transform=None):
        """Set the container of pooled vectors; a sequence stays EmbeddedTokens.

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

    def _fit(self, X):
        """Fit to all training texts, or to their first chunk, and return the token ids."""
        task = self._init_callback_context().call_on_fit_task_begin(estimator=self, X=X)
        vectors, forms, end = check_parameters(self)
        tokens, tokenizer = self._first_tokens(X)
        counts = count_tokens(tokens)
        if not counts.nnz:
            raise ValueError("X holds no words: every text is empty; pass texts with words.")
        lookup = Lookup(vectors, forms, end)
        vocabulary, words = _known(tokens.vocabulary), tokens.vocabulary.words
        table, covered = lookup.table_of(words)
        if not covered.any():
            raise nothing_found(words, vectors)
        seen = SeenWords().and_more(counts, covered, words, vocabulary.words)
        summary = coverage, *_ = seen.summarize()
        if coverage.tokens < LOW_COVERAGE:
            warn_of_low_coverage(coverage)
        pad = _fitted_pad(tokens)

        self.vectors_ = vectors
        self._set_or_delete("n_features_in_", None if tokens.is_ragged else tokens.shape[1])
        self._set_learned(tokenizer, vocabulary, table, covered, lookup, seen, summary, pad)
        task.call_on_fit_task_end(estimator=self, X=X)
        return tokens

    def _fit_more(self, X):
        """Fit to one more chunk, either of token ids or of texts, whose ids may change."""
        task = self._init_callback_context().call_on_fit_task_begin(estimator=self, X=X)
        check_output(self.output)
        forms, end = check_oov(self.oov)
        tokens, tokenizer = self._more_tokens(X)
        counts, words = count_tokens(tokens), tokens.vocabulary.words
        lookup = Lookup(self.vectors_, forms, end)
        if tokenizer is None:
            vocabulary, known, table = self.vocabulary_, None, self.embedding_matrix_
            covered = self._covered_words(tokens.vocabulary)
        else:
            vocabulary = _known(tokens.vocabulary)
            known = vocabulary.words
            table, covered = lookup.table_of(words)
        if not covered.any():
            raise nothing_found(words, self.vectors_)
        seen = self._seen.and_more(counts, covered, words, known)
        summary = seen.summarize()
        pad = _fitted_pad(tokens)
        pad.maxlen_ = max(pad.maxlen_, self.pad_.maxlen_)

        self._set_learned(tokenizer, vocabulary, table, covered, lookup, seen, summary, pad)
        task.call_on_fit_task_end(estimator=self, X=X)

    def _set_learned(self, tokenizer, vocabulary, table, covered, lookup, seen, summary, pad):
        """Set what each chunk changes; the known words are the first rows of `table`."""
        self._set_or_delete("tokenizer_", tokenizer)
        n_known = vocabulary.n_known
        if len(table) > n_known:
            table = table[:n_known].copy()
        self.vocabulary_ = vocabulary
        self.embedding_matrix_ = read_only(table)
        self._covered = covered[:n_known]
        self._lookup = lookup
        self._seen = seen
        self.coverage_, self.oov_words_, self.idf_ = summary
        self.pad_ = pad

    def _set_or_delete(self, name, value):
        """Set an attribute that not every fit defines, or delete that of an earlier fit."""
        if value is not None:
            setattr(self, name, value)
        elif hasattr(self, name):
            delattr(self, name)

    def _first_tokens(self, X):
        """Return the training token ids, and the tokenizer if there is one."""
        tokenizer, tokens = None, X
        if not isinstance(X, TokenIds):
            refuse_ids(X)
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
                "words that partial_fit continues from; fit it again, or pickle it instead."
            )
        of_texts = hasattr(self, "tokenizer_")
        check_same_kind(X, of_texts=of_texts, is_ragged=not hasattr(self, "n_features_in_"))
        if not of_texts:
            return self._known_tokens(X), None
        tokenizer = copy.deepcopy(self.tokenizer_)  # an error leaves the one there is as it was
        if not hasattr(tokenizer, "partial_fit"):
            raise ValueError(
                f"tokenizer is a {type(tokenizer).__name__} without partial_fit, expected one that "
                "learns chunk by chunk, such as KerasTokenizerTransformer()."
            )
        return tokenizer.partial_fit(X).transform(X), tokenizer

    def _known_tokens(self, X):
        """Return token ids that have the known words of fit."""
        if not isinstance(X, TokenIds):
            refuse_ids(X)
            if not hasattr(self, "tokenizer_"):
                raise ValueError(
                    "X holds texts, expected TokenIds as in fit; pass the output of the tokenizer "
                    "that made those, or fit on texts too."
                )
            X = self.tokenizer_.transform(X)
        elif not X.is_ragged:
            validate_data(self, X, skip_check_array=True, reset=False)
        check_vocabulary(X.vocabulary, self.vocabulary_)
        check_range(X)
        return X

    def _embed(self, tokens):
        outputs = check_output(self.output)
        table, covered = self._table_for(tokens.vocabulary)
        if outputs[0] in POOLED:
            return with_index(self._pooled(outputs, tokens, table, covered), tokens, self)
        if tokens.is_ragged or tokens.shape[1] != self.pad_.maxlen_:
            tokens = self.pad_.transform(tokens)
        embedded = EmbeddedTokens(tokens, table)
        return embedded if outputs == ("sequence",) else np.asarray(embedded)

    def _table_for(self, vocabulary):
        """Return vectors and coverage of all words, those that fit did not see included."""
        new = vocabulary.words[vocabulary.n_known :]
        if not new:
            return self.embedding_matrix_, self._covered
        rows, covered = self._lookup.table_of(new)
        table = np.concatenate([self.embedding_matrix_, rows])
        return read_only(table), np.concatenate([self._covered, covered])

    def _covered_words(self, vocabulary):
        """Return which words have vectors, those that fit did not see included."""
        new = vocabulary.words[vocabulary.n_known :]
        if not new:
            return self._covered
        return np.concatenate([self._covered, self._lookup.table_of(new)[1]])

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
        unseen = self.idf_[0]  # like padding, a word that fit did not see is in no document
        return np.concatenate([self.idf_, np.full(n_tokens - len(self.idf_), unseen)])

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
        if "embedding_matrix_" in vars(self):
            self.embedding_matrix_ = read_only(self.embedding_matrix_)  # unpickled, it is writeable

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []  # vectors are float32, whatever the input
        return tags


def _known(vocabulary):
    """Return a vocabulary of the known words only."""
    if len(vocabulary) == vocabulary.n_known:
        return vocabulary
    words = vocabulary.words[: vocabulary.n_known]
    return Vocabulary(words, vocabulary.n_known, vocabulary.oov_id)


def _fitted_pad(tokens):
    pad = PadTransformer(None if tokens.is_ragged else tokens.shape[1]).fit(tokens)
    return pad.set_output(transform="default")  # whatever the user's configuration is
