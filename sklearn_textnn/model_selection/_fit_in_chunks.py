"""Training on more texts than memory holds, chunk by chunk."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from .._compat import POSITIVE_INT, Interval, num_samples, validate_params
from .._labels import check_labels
from .._validation import short_repr


@validate_params(
    {
        "pipeline": [Pipeline],
        "chunks": "no_validation",
        "classes": ["array-like", None],
        "epochs": [POSITIVE_INT],
        "n_done": [Interval(Integral, 0, None, closed="left")],
        "after_chunk": [callable, None],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def fit_in_chunks(
    pipeline, chunks, *, classes=None, epochs=1, n_done=0, after_chunk=None, verbose=0
):
    """Fit a pipeline on texts that come in chunks, without holding all of them in memory.

    First the transformers are fitted: those with a `partial_fit`, such as
    ``KerasTokenizerTransformer`` and ``GloVeEmbedder``, read all chunks once each; those that need
    no training data, such as ``PadTransformer(maxlen=40)`` or ``HashingVectorizer()``, stay as they
    are. Then `partial_fit` of the classifier is called with each chunk once per epoch, in the order
    of `chunks`: texts that are sorted by label should be shuffled before.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline to fit, in place. Its last step has a `partial_fit`.
    chunks : iterable of (texts, y) or (texts, y, sample_weight), or callable
        The chunks, or a function without arguments that returns an iterable of them at each call.
        Transformers and each epoch read all chunks, so a generator, which can be read only once,
        is refused.
    classes : array-like of shape (n_classes,), default=None
        All labels; the column numbers for multilabel targets. None reads them from the chunks.
    epochs : int, default=1
        The number of times that the classifier sees each chunk.
    n_done : int, default=0
        The number of chunks, over all epochs, that `pipeline` has already been trained on: 0
        starts afresh; otherwise the transformers stay as they are and training continues with the
        next chunk. A ``KerasTextClassifier`` counts them in `n_iter_`.
    after_chunk : callable, default=None
        Called as ``after_chunk(pipeline, n_done)`` after each chunk that the classifier has seen,
        for instance to save a pipeline from which a killed run can continue.
    verbose : int, default=0
        1 or more prints a line for each chunk that a transformer or the classifier has seen.

    Returns
    -------
    Pipeline
        `pipeline`, fitted.

    Raises
    ------
    ValueError
        If there are no chunks, `chunks` can be read only once, a step can't be fitted in chunks,
        or a chunk is neither (texts, y) nor (texts, y, sample_weight). After an error `pipeline`
        is as the previous chunks left it, unchanged if there were none, and a note of the error
        states how to continue.

    Notes
    -----
    A run that continues from a saved pipeline ends with bitwise the same weights as one that was
    never stopped: ``partial_fit`` of ``KerasTextClassifier`` keeps the optimizer's state and
    advances its seed.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import HashingVectorizer
    >>> from sklearn.linear_model import SGDClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.datasets import load_reviews
    >>> from sklearn_textnn.model_selection import fit_in_chunks
    >>> texts, y = load_reviews(return_X_y=True)
    >>> def chunks():
    ...     for start in range(0, len(texts), 100):
    ...         yield texts[start : start + 100], y[start : start + 100]
    >>> model = make_pipeline(HashingVectorizer(), SGDClassifier(random_state=0))
    >>> fit_in_chunks(model, chunks, epochs=3).classes_
    array([0, 1])
    """
    _check_steps(pipeline)
    if isinstance(chunks, Iterator):
        raise ValueError(
            f"chunks is a {type(chunks).__name__}, which can be read only once, expected what can "
            "be read again; pass the function that makes it, as in chunks=read_chunks."
        )
    steps = pipeline.steps
    if n_done:
        check_is_fitted(steps[-1][1])
    else:
        steps = [(name, clone(step)) for name, step in pipeline.steps]
        found = _fit_transformers(steps, chunks, classes is None, verbose)
        classes = found if classes is None else classes
    seen, n = n_done, 0
    try:
        for n, label, texts, y, options in _read_epochs(chunks, epochs):
            if n <= n_done:
                continue
            if n == 1:
                options["classes"] = classes
            with _timed(label, y, verbose):
                steps[-1][1].partial_fit(_transform(steps[:-1], texts), y, **options)
            pipeline.steps, seen = steps, n  # only now, as the first chunk may be refused
            if after_chunk is not None:
                after_chunk(pipeline, n)
        if n < n_done:
            raise ValueError(
                f"n_done={n_done}, but there are {n} chunks in {epochs} epochs, expected at most "
                "as many; pass the number that after_chunk got last."
            )
    except BaseException as error:
        if seen:
            error.add_note(
                f"pipeline is as the first {seen} chunks left it; n_done={seen} continues with the "
                "next."
            )
        raise
    return pipeline


def _read_epochs(chunks, epochs):
    """Yield the chunks, epoch by epoch, numbered from 1 and with a label to print."""
    n = count(1)
    for epoch in range(1, epochs + 1):
        for i, *chunk in _read(chunks):
            yield next(n), f"epoch {epoch}/{epochs}, chunk {i}", *chunk


@contextmanager
def _timed(label, y, verbose):
    start = time.perf_counter()
    try:
        yield
    except Exception as error:
        error.add_note(f"This is about {label}; rows are counted within the chunk.")
        raise
    if verbose:
        seconds = time.perf_counter() - start
        print(f"{label}: {num_samples(y)} texts, {seconds:.1f} s", flush=True)


def _check_steps(pipeline):
    """Raise an error if a step cannot be fitted in chunks."""
    *transformers, (name, last) = pipeline.steps
    if not hasattr(last, "partial_fit"):
        raise ValueError(
            f"Step {name!r}, a {type(last).__name__}, has no partial_fit; end with a classifier "
            "that has one, such as KerasTextClassifier or SGDClassifier."
        )
    for name, step in transformers:
        if _learns(step) and not hasattr(step, "partial_fit"):
            raise ValueError(
                f"Step {name!r}, {step}, learns from all training texts at once: it has no "
                "partial_fit. Take one that has it, such as KerasTokenizerTransformer, or one that "
                "learns nothing, such as PadTransformer(maxlen=40) or HashingVectorizer()."
            )


def _learns(step):
    return step not in (None, "passthrough") and get_tags(step).requires_fit


def _fit_transformers(steps, chunks, wants_classes, verbose):
    """Fit the transformers that have a partial_fit, and return the labels."""
    labels = set()
    learning = [i for i, (_, step) in enumerate(steps[:-1]) if _learns(step)]
    for turn, position in enumerate(learning or [0] * wants_classes):
        for i, texts, y, _ in _read(chunks):
            if turn == 0 and wants_classes:
                with _timed(f"chunk {i}", y, False):
                    labels.update(_classes_of(y))
            if learning:
                name, step = steps[position]
                with _timed(f"{name}, chunk {i}", y, verbose):
                    step.partial_fit(_transform(steps[:position], texts), y)
    return np.array(sorted(labels))


def _classes_of(y):
    y = check_labels(y, "y")
    if y.ndim == 2 and y.shape[1] > 1:
        return range(y.shape[1])
    return np.unique(y.toarray() if issparse(y) else y).tolist()


def _transform(steps, X):
    for _, step in steps:
        if step not in (None, "passthrough"):
            X = step.transform(X)
    return X


def _read(chunks):
    """Yield the number, texts, labels and partial_fit options of each chunk; at least one."""
    i = -1
    for i, chunk in enumerate(chunks() if callable(chunks) else chunks):
        _check_chunk(i, chunk)
        texts, y, *weight = chunk
        yield i, texts, y, dict(zip(["sample_weight"], weight, strict=False))
    if i < 0:
        raise ValueError(
            "chunks holds no chunks, expected at least one; a function has to return all of them "
            "at every call."
        )


def _check_chunk(i, chunk):
    """Raise an error unless a chunk is texts, as many labels, and perhaps weights."""
    expected = "expected a tuple (texts, y) or (texts, y, sample_weight)"
    if not isinstance(chunk, (tuple, list)):
        raise ValueError(f"Chunk {i} is of type {type(chunk).__name__}, {expected}.")
    if len(chunk) not in (2, 3):
        raise ValueError(
            f"Chunk {i} is a {type(chunk).__name__} of length {len(chunk)}, {expected}."
        )
    for name, part in zip(("texts", "y", "sample_weight"), chunk, strict=False):
        if isinstance(part, (str, bytes)):
            raise ValueError(
                f"{name} of chunk {i} is one {type(part).__name__}, {short_repr(part)}, expected a "
                "list or another sequence; for a chunk of one text pass ([text], [label])."
            )
    texts, y, *_ = chunk
    if num_samples(texts) != num_samples(y):
        raise ValueError(
            f"Chunk {i} has {num_samples(texts)} texts and {num_samples(y)} labels, expected as "
            "many of both."
        )
