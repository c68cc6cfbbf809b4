"""Saving and loading: models to files and back."""

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
_UPGRADES = {1: _format_v1.upgrade}  # from each version of the format to the next


@validate_params({"path": _PATH, "embed_vectors": ["boolean"]}, prefer_skip_nested_validation=True)
def save(pipeline, path, *, embed_vectors=False):
    """Write a pipeline to a file that holds no code.

    The file holds the parameters and what was learned: plain values as JSON, numbers as arrays.
    Loading it gives the same predictions, to the bit where the machine and the versions are the
    same, and runs nothing that the file could name.

    Parameters
    ----------
    pipeline : Pipeline or other estimator
        Fitted or not. Pipeline, FeatureUnion, ColumnTransformer, CountVectorizer, TfidfVectorizer,
        HashingVectorizer, TfidfTransformer, LogisticRegression, the estimators and networks of this
        package and what :func:`register` was given, nested as you like.
    path : str, bytes or path-like
        Where. A file that is there is replaced once the new one is complete and on disk; its mode
        is kept.
    embed_vectors : bool, default=False
        Whether pretrained vectors go into the file too. Else the file names them by a digest of
        their content, and :func:`load` finds them in the data home or is given them.

    Raises
    ------
    TypeError
        If a parameter is a function, a Keras object or of another class that no file can hold; the
        message names it, as in ``clf__callbacks``.
    ValueError
        If a parameter is invalid, or what was learned does not fit together.
    OSError
        If the file cannot be written. An old one is then as it was.

    See Also
    --------
    load : Reads the file.

    Notes
    -----
    Equal pipelines give equal files. The suffix is up to you; the documentation uses ``.textnn``.

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
    try:  # what load would refuse is refused now, while there is something to mend
        _decode(description, encoder.arrays, encoder.word_vectors)
    except ModelFormatError as fault:
        hint = "Mend it, fit it anew, or save clone(it)."
        raise ValueError(f"Cannot save this: {fault}. {hint}") from fault
    _container.write(path, description, encoder.arrays)


@validate_params({"path": _PATH, "frozen": ["boolean"]}, prefer_skip_nested_validation=True)
def load(path, *, vectors=None, frozen=False):
    """Read a pipeline from a file that :func:`save` wrote.

    Nothing that the file names is imported, run or opened. Sizes are compared with the bytes that
    are there before memory is asked for, and time and memory are in proportion to those.

    Parameters
    ----------
    path : str, bytes or path-like
        The file.
    vectors : WordVectors, path or list of these, default=None
        Pretrained vectors that the file refers to; what is not needed is not read. Those that are
        not given are looked for in the data home, where :meth:`WordVectors.read` keeps them.
    frozen : bool, default=False
        Whether it is for prediction alone: each KerasTextClassifier comes as a
        :class:`~sklearn_textnn.serving.FrozenTextClassifier`, and neither TensorFlow nor Keras is
        imported.

    Returns
    -------
    Pipeline or other estimator
        What was saved.

    Raises
    ------
    ModelFormatError
        If the file is damaged, forged, no model at all, or of a newer format.
    ValueError
        If it refers to vectors that are neither among `vectors` nor in the data home.
    OSError
        If there is no file, or it cannot be opened.

    Warns
    -----
    InconsistentVersionWarning
        If it holds estimators of another scikit-learn version.

    See Also
    --------
    save : Writes the file.

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
    """Put a model together; return it and the keys of the classes in it."""
    expected = {"format", "version", "libraries", "model", "vocabularies", "vectors"}
    found_parts = shown(sorted(description))
    expect({*description} == expected, f"it holds {found_parts}, expected {sorted(expected)}")
    versions = description["libraries"]
    are_known = isinstance(versions, dict) and {"sklearn_textnn", _SCIKIT_LEARN} <= {*versions}
    expect(are_known and are_texts(versions.values()), "its libraries have no versions")
    # parameters and arrays reach the code of many classes, which has its own errors
    with as_format_error("its parts do not fit together"):
        decoder = Decoder(description, arrays, found, frozen=frozen)
        model = description["model"]
        for version in range(description["version"], _container.VERSION):
            model = _UPGRADES[version](model, arrays)
        model = decoder.value(model)
    unused = sorted(set(arrays) - {name for name, _ in decoder.used})
    expect(not unused, f"it holds arrays that nothing asks for: {shown(unused)}")
    expect(hasattr(model, "get_params"), f"it holds a {type(model).__name__}, no estimator")
    return model, decoder.seen


def _warn_of_versions(version, seen):
    """Warn as scikit-learn does, once for each of its classes from another version of it."""
    for key in sorted(seen & {*SKLEARN_CLASSES}) if version != sklearn.__version__ else ():
        warning = InconsistentVersionWarning(
            estimator_name=key,
            current_sklearn_version=sklearn.__version__,
            original_sklearn_version=version,
        )
        warn(warning)
