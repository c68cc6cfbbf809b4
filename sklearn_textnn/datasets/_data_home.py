"""The folder for downloads."""

import os
from pathlib import Path

from .._compat import validate_params


@validate_params({"data_home": [str, os.PathLike, None]}, prefer_skip_nested_validation=True)
def get_data_home(data_home=None):
    """Return the path of the folder in which the fetchers store downloads.

    The folder is created when first needed.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder. If None, the environment variable ``SKLEARN_TEXTNN_DATA`` is used, or
        ``~/sklearn_textnn_data`` if that is not set.

    Returns
    -------
    Path
        The folder, with ``~`` expanded.

    Examples
    --------
    >>> from sklearn_textnn.datasets import get_data_home
    >>> get_data_home("corpora").name
    'corpora'
    """
    if data_home is None:
        data_home = os.environ.get("SKLEARN_TEXTNN_DATA") or "~/sklearn_textnn_data"
    return Path(data_home).expanduser()
