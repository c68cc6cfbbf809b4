"""The UCI Sentiment Labelled Sentences."""

import csv
import io

from .._compat import InvalidParameterError, StrOptions, validate_params
from ._bunch import text_bunch
from ._remote import PARAMETERS, Member, RemoteArchive, fetch_members

_FILES = {  # their sizes and SHA-256
    "yelp": (61_320, "c76468b7b5c6e56a0804d728345c5f84aa2142ddb214420f61cc9cfd4c00d2ea"),
    "amazon_cells": (58_226, "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3"),
    "imdb": (85_285, "aef2e49e3da25714d61175e3a6e68eeef74a20a2f914318dc3be9947ea86512d"),
}
ARCHIVE = RemoteArchive(
    filename="sentiment+labelled+sentences.zip",
    url="https://archive.ics.uci.edu/static/public/331/sentiment+labelled+sentences.zip",
    page="https://archive.ics.uci.edu/dataset/331/sentiment+labelled+sentences",
    folder="sentiment labelled sentences",
    max_size=10_000_000,
    members=tuple(Member(f"{name}_labelled.txt", *facts) for name, facts in _FILES.items()),
)

# In the order of ARCHIVE.members, which is the order of the rows.
SOURCES = ("yelp", "amazon", "imdb")


@validate_params(
    {
        "subset": [StrOptions({"all", *SOURCES}), list, tuple],
        "legacy_quoting": ["boolean"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    }
    | PARAMETERS,
    prefer_skip_nested_validation=True,
)
def fetch_sentiment_sentences(
    *,
    subset="all",
    data_home=None,
    download_if_missing=True,
    legacy_quoting=False,
    return_X_y=False,
    as_frame=False,
    n_retries=3,
    delay=1.0,
):
    r"""Load 3000 sentences from reviews, downloading them if necessary (classification).

    ===================   =====================================
    Classes               2
    Samples per class     1500 (500 for each of three sources)
    Samples total         3000
    Features              text
    ===================   =====================================

    Sentences from reviews of restaurants (yelp), phones and their accessories (amazon) and
    films (imdb) [1]_, published as data set 331 of the UCI Machine Learning Repository under
    CC BY 4.0. The files are verified by their SHA-256, wherever they come from.

    Parameters
    ----------
    subset : {'all', 'yelp', 'amazon', 'imdb'} or list of these, default='all'
        Which sources to load. The rows come in the order yelp, amazon, imdb, however the list
        is ordered.
    data_home : str or path-like, default=None
        The folder for the downloaded zip; None means :func:`get_data_home`. Or the path of an
        existing copy, which is read in place and never changed: the zip, a folder with the three
        files, or its parent folder, as the zip unpacks.
    download_if_missing : bool, default=True
        If False, raise an OSError if the data are not on disk.
    legacy_quoting : bool, default=False
        If True, read the files as ``pandas.read_csv(sep="\t")`` does by default: an unclosed
        quotation mark at the start of a sentence swallows the lines up to the next one. This loses
        252 sentences of imdb, which then has 748 (362 negative, 386 positive), and drops some
        quotation marks. Only useful to compare with results that were obtained that way, such as
        those of a widely read Keras tutorial.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        If True, `data` and `target` are pandas Series, and the Bunch has a `frame`.
    n_retries : int, default=3
        The number of retries after a failed download. A download also fails if the server is
        silent for 30 seconds, or sends less than 10 kB per second on average afterwards.
    delay : float, default=1.0
        The number of seconds between retries.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : list of str or Series, of length n_samples
            The sentences.
        target : ndarray of int64 or Series, of shape (n_samples,)
            0 for a negative, 1 for a positive sentence.
        target_names : ndarray of shape (2,)
            ``'negative'`` and ``'positive'``.
        source : ndarray of str, of shape (n_samples,)
            ``'yelp'``, ``'amazon'`` or ``'imdb'``.
        frame : DataFrame of shape (n_samples, 3), or None
            Columns ``text``, ``source`` and ``target``, if `as_frame` is True.
        DESCR : str
            The full description of the dataset.
        filename : str or None
            Path of the zip or folder that was read; None if the download could not be stored.
    (data, target) : tuple if `return_X_y` is True
        The sentences and the classes alone.

    Raises
    ------
    OSError
        If the data are not on disk and cannot be downloaded, or differ from the published ones;
        the message says which, and how to download them by hand.
    InvalidParameterError
        If a parameter has an invalid value.

    Warns
    -----
    UserWarning
        If a download is retried, or could not be stored.

    See Also
    --------
    load_reviews : 600 reviews that need no download.

    References
    ----------
    .. [1] D. Kotzias, M. Denil, N. de Freitas and P. Smyth, "From Group to Individual Labels
       using Deep Features", KDD 2015. https://doi.org/10.1145/2783258.2783380

    Examples
    --------
    >>> from sklearn_textnn.datasets import fetch_sentiment_sentences
    >>> texts, y = fetch_sentiment_sentences(subset="yelp", return_X_y=True)  # doctest: +SKIP
    >>> len(texts)  # doctest: +SKIP
    1000
    """
    import pandas as pd  # not needed by processes that only predict

    sources = _check_subset(subset)
    contents, path = fetch_members(
        ARCHIVE,
        [ARCHIVE.members[SOURCES.index(source)] for source in sources],
        data_home=data_home,
        download_if_missing=download_if_missing,
        n_retries=n_retries,
        delay=delay,
    )
    quoting = csv.QUOTE_MINIMAL if legacy_quoting else csv.QUOTE_NONE
    frames = [
        _parse(content, source, quoting) for content, source in zip(contents, sources, strict=True)
    ]
    return text_bunch(
        pd.concat(frames, ignore_index=True),
        descr="sentiment_sentences.rst",
        filename=None if path is None else str(path),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _check_subset(subset):
    """Return the selected sources in the order of the rows."""
    asked = SOURCES if subset == "all" else [subset] if isinstance(subset, str) else subset
    unknown = [name for name in asked if name not in SOURCES]
    if unknown or not asked:
        raise InvalidParameterError(
            f"Got subset={subset!r}, expected 'all', one of {list(SOURCES)}, or a list of "
            "at least one of these."
        )
    return [source for source in SOURCES if source in asked]


def _parse(content, source, quoting):
    """Turn lines of ``sentence TAB class`` into a table; only a line feed ends a line."""
    import pandas as pd

    frame = pd.read_csv(
        io.BytesIO(content),
        sep="\t",
        header=None,
        names=["text", "target"],
        quoting=quoting,
        keep_default_na=False,
    )
    frame.insert(1, "source", source)
    return frame
