"""Saving and loading of models."""

import os

import sklearn
from sklearn.exceptions import InconsistentVersionWarning

from .. import __version__
from .._compat import validate_params
from .._saved_state import are_texts
from .._warnings import warn
from . import _container, _format_v1
from ._decoding import Decoder
from ._encoding import Encoder
from ._errors import ModelFormatError, as_format_error, expect, shown
from ._references import find_vectors
from ._sklearn_classes import SKLEARN_CLASSES

_SCIKIT_LEARN = "scikit-learn"
_PATH = [str, bytes, os.PathLike]
_UPGRADES = {1: _format_v1.upgrade}  # from a version of the format to the next


@validate_params({"path": _PATH, "embed_vectors": ["boolean"]}, prefer_skip_nested_validation=True)
def save(pipeline, path, *, embed_vectors=False):
    """Save a pipeline to a file that contains no code.

    The file contains the parameters and the fitted attributes: plain values as JSON, numbers as
    arrays. The loaded pipeline makes the same predictions, bit for bit on the same machine with the
    same versions. Loading runs no code that the file names.

    Parameters
    ----------
    pipeline : Pipeline or other estimator
        Fitted or not. It can be nested, of Pipeline, FeatureUnion, ColumnTransformer,
        CountVectorizer, TfidfVectorizer, HashingVectorizer, TfidfTransformer, LogisticRegression,
        estimators and networks of this package, and classes passed to :func:`register`.
    path : str, bytes or path-like
        The file. An existing one is replaced once the new one is complete and on disk, which keeps
        its mode.
    embed_vectors : bool, default=False
        Whether the file contains pretrained vectors, too. Otherwise it refers to them by a digest
        of their content, and :func:`load` needs them in its `vectors` or in the data home.

    Raises
    ------
    TypeError
        If a parameter is a function, a Keras object or an object of another class that cannot be
        saved; the message names the parameter, as in ``clf__callbacks``.
    ValueError
        If a parameter is invalid, or fitted attributes are inconsistent.
    OSError
        If the file cannot be written; an existing one is then unchanged.

    See Also
    --------
    load : Load the file.

    Notes
    -----
    Equal pipelines lead to equal files. Any suffix works; the documentation uses ``.textnn``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn import load_reviews, persistence
    >>> texts, y = load_reviews(return_X_y=True)
    >>> pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     persistence.save(pipeline, Path(folder) / "reviews.textnn")
    ...     loaded = persistence.load(Path(folder) / "reviews.textnn")
    >>> bool((loaded.predict_proba(texts) == pipeline.predict_proba(texts)).all())
    True
    """
    path = os.fsdecode(path)
    encoder = Encoder(embed_vectors)
    description = {
        "format": _container.FORMAT,
        "version": _container.VERSION,
        "libraries": {"sklearn_textnn": __version__, _SCIKIT_LEARN: sklearn.__version__},
        "model": encoder.estimator(pipeline),
        "vocabularies": encoder.vocabularies,
        "vectors": encoder.vectors,
    }
    try:  # refuse now what load would refuse, while it can be corrected
        _decode(description, encoder.arrays, encoder.word_vectors)
    except ModelFormatError as fault:
        hint = "Correct it, fit it again, or save clone(it)."
        raise ValueError(f"Cannot save this: {fault}. {hint}") from fault
    _container.write(path, description, encoder.arrays)


@validate_params({"path": _PATH, "frozen": ["boolean"]}, prefer_skip_nested_validation=True)
def load(path, *, vectors=None, frozen=False):
    """Load a pipeline from a file written by :func:`save`.

    Nothing that the file names is imported, run or opened. Sizes are compared with the size of the
    file before memory is allocated; time and memory are proportional to that size.

    Parameters
    ----------
    path : str, bytes or path-like
        The file.
    vectors : WordVectors, path or list of these, default=None
        Pretrained vectors that the file refers to; those not needed are not read. Missing ones are
        looked up in the data home, where :meth:`WordVectors.read` stores them.
    frozen : bool, default=False
        Whether to load for prediction only: each KerasTextClassifier becomes a
        :class:`~sklearn_textnn.serving.FrozenTextClassifier`, and neither TensorFlow nor Keras is
        imported.

    Returns
    -------
    Pipeline or other estimator
        The saved estimator.

    Raises
    ------
    ModelFormatError
        If the file is damaged, forged, not a model file, or has a newer format.
    ValueError
        If it refers to vectors that are neither in `vectors` nor in the data home.
    OSError
        If there is no such file, or it cannot be opened.

    Warns
    -----
    InconsistentVersionWarning
        If it contains estimators of another scikit-learn version.

    See Also
    --------
    save : Save the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_textnn import PadTransformer, persistence
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     persistence.save(PadTransformer().fit([[1, 2, 3], [4]]), Path(folder) / "pad.textnn")
    ...     pad = persistence.load(Path(folder) / "pad.textnn")
    >>> pad.maxlen_
    3
    """
    path = os.fsdecode(path)
    try:
        with open(path, "rb") as file:
            description, arrays = _container.read(file)
        found = find_vectors(description.get("vectors"), vectors)
        model, seen = _decode(description, arrays, found, frozen=frozen)
    except ModelFormatError as fault:
        raise ModelFormatError(f"Cannot load {path}: {fault}. {fault.hint}.") from fault.__cause__
    _warn_of_versions(description["libraries"][_SCIKIT_LEARN], seen)
    return model


def _decode(description, arrays, found, *, frozen=False):
    """Build a model; return it and the keys of the classes in it."""
    expected = {"format", "version", "libraries", "model", "vocabularies", "vectors"}
    found_parts = shown(sorted(description))
    expect({*description} == expected, f"it contains {found_parts}, expected {sorted(expected)}")
    versions = description["libraries"]
    are_known = isinstance(versions, dict) and {"sklearn_textnn", _SCIKIT_LEARN} <= {*versions}
    expect(are_known and are_texts(versions.values()), "its libraries have no versions")
    # parameters and arrays are passed to many classes, which raise errors of their own
    with as_format_error("its parts are inconsistent"):
        decoder = Decoder(description, arrays, found, frozen=frozen)
        model = description["model"]
        for version in range(description["version"], _container.VERSION):
            model = _UPGRADES[version](model, arrays)
        model = decoder.value(model)
    unused = sorted(set(arrays) - {name for name, _ in decoder.used})
    expect(not unused, f"it contains arrays that nothing uses: {shown(unused)}")
    expect(hasattr(model, "get_params"), f"it is a {type(model).__name__}, not an estimator")
    return model, decoder.seen


def _warn_of_versions(version, seen):
    """Warn like scikit-learn, once for each of its classes from another version."""
    for key in sorted(seen & {*SKLEARN_CLASSES}) if version != sklearn.__version__ else ():
        warning = InconsistentVersionWarning(
            estimator_name=key,
            current_sklearn_version=sklearn.__version__,
            original_sklearn_version=version,
        )
        warn(warning)
