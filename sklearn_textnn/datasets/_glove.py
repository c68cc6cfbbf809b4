"""The GloVe word vectors of the Stanford NLP Group."""

import zipfile
from numbers import Integral

from .._compat import InvalidParameterError, validate_params
from ._data_home import get_data_home
from ._remote import PARAMETERS, Member, RemoteArchive, fetch_file

# Stanford publishes no digests, and its zips have been repacked elsewhere with the same members, so
# the members are pinned. SHA-256: computed for 50d; for 100d and 300d as several public projects
# pin them independently. SHA-1: from the table of MXNet's text embeddings, whose entry for 50d was
# verified. The zips have 862,182,613, 1,877,800,501, 2,176,768,927 and 1,520,408,563 bytes; their
# maximum sizes leave room for repacking.
_SIZES_AND_DIGESTS = {
    "6B": {
        50: (171_350_079, "d8f717f8dd4b545cb7f418ef9f3d0c3e6e68a6f48b97d32f8b7aae40cb31f96f"),
        100: (347_116_733, "95dde4dfd627ab26608d33e76d1195ec059734bd29089ea52cadb08d07c64544"),
        # a bound: the size is not on record
        200: (800_000_000, "17d0355ddaa253e298ede39877d1be70f99d9148", "sha1"),
        300: (1_037_962_819, "91125602f730fea7ca768736c6f442e668b49db095682bf2aad375db061c21ed"),
    },
    "42B": {300: (5_025_028_820, "876767977d6bd4d947c0f84d44510677bc94612a", "sha1")},
    "840B": {300: (5_646_236_541, "294b9f37fa64cce31f9ebb409c266fc379527708", "sha1")},
    # The sizes are bounds: they are not on record.
    "twitter.27B": {
        25: (400_000_000, "767d80889d8c8a22ae7cd25e09d0650a6ff0a502", "sha1"),
        50: (700_000_000, "9585f4be97e286339bf0112d0d3aa7c15a3e864d", "sha1"),
        100: (1_300_000_000, "1bbeab8323c72332bd46ada0fc3c99f2faaa8ca8", "sha1"),
        200: (2_500_000_000, "7921c77a53aa5977b1d9ce3a7c4430cbd9d1207a", "sha1"),
    },
}


def _archive(name, folder, max_size):
    return RemoteArchive(
        filename=f"{folder}.zip",
        url=f"https://nlp.stanford.edu/data/{folder}.zip",
        page="https://nlp.stanford.edu/projects/glove/",
        folder=folder,
        max_size=max_size,
        members=tuple(
            Member(f"glove.{name}.{dim}d.txt", *facts)
            for dim, facts in _SIZES_AND_DIGESTS[name].items()
        ),
    )


ARCHIVES = {
    "6B": _archive("6B", "glove.6B", 1_000_000_000),
    "42B": _archive("42B", "glove.42B.300d", 2_100_000_000),
    "840B": _archive("840B", "glove.840B.300d", 2_500_000_000),
    "twitter.27B": _archive("twitter.27B", "glove.twitter.27B", 1_800_000_000),
}

# In the order of the members.
DIMS = {name: tuple(files) for name, files in _SIZES_AND_DIGESTS.items()}

_LONGEST_LINE = 100_000  # bytes; lines of 300 numbers have some 3,000


@validate_params(
    {"name": [str], "dim": [Integral]} | PARAMETERS,
    prefer_skip_nested_validation=True,
)
def fetch_glove(
    name="6B",
    dim=50,
    *,
    data_home=None,
    download_if_missing=True,
    n_retries=3,
    delay=1.0,
):
    """Return the path of a file of GloVe word vectors, downloading it if necessary.

    ===============   =================   ============   ===================================
    `name`            `dim`               words          trained on (download)
    ===============   =================   ============   ===================================
    ``6B``            50, 100, 200, 300   400 thousand   Wikipedia 2014, Gigaword 5 (0.9 GB)
    ``42B``           300                 1.9 million    Common Crawl (1.9 GB)
    ``840B``          300                 2.2 million    Common Crawl, cased (2.2 GB)
    ``twitter.27B``   25, 50, 100, 200    1.2 million    tweets (1.5 GB)
    ===============   =================   ============   ===================================

    Word vectors trained on co-occurrences [1]_, published by the Stanford NLP Group under the
    Public Domain Dedication and License.

    Files extracted from a zip are verified, wherever the zip comes from, by their SHA-256 (6B with
    50, 100 or 300 dimensions) or SHA-1, and downloads by their announced length. Of a text file
    that is already on disk only the first line is checked: it must be a word and `dim` numbers.

    Parameters
    ----------
    name : {'6B', '42B', '840B', 'twitter.27B'}, default='6B'
        The vectors to fetch, named after the number of tokens in their training corpus.
    dim : int, default=50
        The length of a vector, from the table above.
    data_home : str or path-like, default=None
        The folder for the zip and the text file extracted from it; None means
        :func:`get_data_home`. Or the path of an existing copy, which is never changed: a text
        file, returned as it is, or a zip, from which the text file is extracted to
        :func:`get_data_home` unless it is there. A folder is searched for the text file first,
        then for the zip, under their published names. The zip is kept for its other dimensions;
        delete it when it is no longer needed.
    download_if_missing : bool, default=True
        If False, raise an OSError if the vectors are not on disk.
    n_retries : int, default=3
        The number of retries after a failed download. A download also fails if the server is
        silent for 30 seconds, or sends less than 10 kB per second on average afterwards.
    delay : float, default=1.0
        The number of seconds between retries.

    Returns
    -------
    path : Path
        The text file. Each line is a word and `dim` numbers, separated by spaces.

    Raises
    ------
    OSError
        If the vectors are not on disk and cannot be downloaded, differ from the published ones, or
        the folder cannot be written to; the message says which, and what to do.
    InvalidParameterError
        If there are no vectors of this name and dimension, or a parameter has a wrong type.

    Warns
    -----
    UserWarning
        If a download is retried, or a damaged zip is downloaded again.

    See Also
    --------
    fetch_sentiment_sentences : 3000 sentences to use the vectors on.

    References
    ----------
    .. [1] J. Pennington, R. Socher and C. D. Manning, "GloVe: Global Vectors for Word
       Representation", EMNLP 2014. https://nlp.stanford.edu/projects/glove/

    Examples
    --------
    >>> from sklearn_textnn.datasets import fetch_glove
    >>> path = fetch_glove("6B", 50)  # doctest: +SKIP
    >>> path.name  # doctest: +SKIP
    'glove.6B.50d.txt'
    """
    if dim not in DIMS.get(name, ()):
        there_are = "; ".join(f"{name!r} with {list(dims)}" for name, dims in DIMS.items())
        raise InvalidParameterError(f"Got name={name!r} and dim={dim!r}, expected {there_are}.")
    archive = ARCHIVES[name]
    member = archive.members[DIMS[name].index(dim)]

    home = get_data_home(data_home)
    own_zip = home if home.suffix == ".zip" or zipfile.is_zipfile(home) else None
    if own_zip is None and home.is_file():
        return _check_first_line(home, dim)
    path = (home if own_zip is None else get_data_home()) / member.name
    if path.is_file() and (own_zip is None or own_zip.exists()):
        return _check_first_line(path, dim)
    fetch_file(
        archive,
        member,
        path,
        own_zip=own_zip,
        download_if_missing=download_if_missing,
        n_retries=n_retries,
        delay=delay,
    )
    return path


def _check_first_line(path, dim):
    """Return the path if its first line is a word and `dim` numbers."""
    with open(path, "rb") as file:
        _, *numbers = file.readline(_LONGEST_LINE).rstrip().split(b" ")
    try:
        fits = len([float(number) for number in numbers]) == dim
    except ValueError:
        fits = False
    if not fits:
        raise OSError(
            f"{str(path)!r} does not hold vectors of {dim} numbers: its first line has "
            f"{len(numbers)} fields after the first. Pass the dim that it has, or delete it to "
            "download it again."
        )
    return path
