"""The corpus included in the package."""

import csv
from importlib.resources import files

from .._compat import StrOptions, validate_params
from ._bunch import text_bunch


@validate_params(
    {
        "source": [StrOptions({"all", "restaurants", "phones", "films"})],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_reviews(*, source="all", return_X_y=False, as_frame=False):
    """Load 600 short reviews of restaurants, phones and films (classification).

    ===================   =====================================
    Classes               2
    Samples per class     300 (100 for each of three sources)
    Samples total         600
    Features              text
    ===================   =====================================

    The reviews were written for this package, to be about as varied and as hard to classify as
    real ones. Rows are sorted neither by class nor by source.

    Parameters
    ----------
    source : {'all', 'restaurants', 'phones', 'films'}, default='all'
        Which reviews to load.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        If True, `data` and `target` are pandas Series, and the Bunch has a `frame`.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : list of str or Series, of length n_samples
            The texts.
        target : ndarray of int64 or Series, of shape (n_samples,)
            0 for a negative, 1 for a positive review.
        target_names : ndarray of shape (2,)
            ``'negative'`` and ``'positive'``.
        source : ndarray of str, of shape (n_samples,)
            What each review is about.
        frame : DataFrame of shape (n_samples, 3), or None
            Columns ``text``, ``source`` and ``target``, if `as_frame` is True.
        DESCR : str
            The full description of the dataset.
        filename : str
            Path of the file that was read.
    (data, target) : tuple if `return_X_y` is True
        The texts and the classes alone.

    Raises
    ------
    InvalidParameterError
        If a parameter has an invalid value.

    See Also
    --------
    fetch_sentiment_sentences : 3000 real sentences of the same kind.

    Examples
    --------
    >>> from sklearn_textnn.datasets import load_reviews
    >>> reviews = load_reviews()
    >>> len(reviews.data)
    600
    >>> reviews.target_names[reviews.target[:4]]
    array(['positive', 'negative', 'negative', 'negative'], dtype='<U8')
    >>> texts, y = load_reviews(source="phones", return_X_y=True)
    >>> y.shape
    (200,)
    """
    import pandas as pd  # not needed by processes that only predict

    path = files(__package__) / "data" / "reviews.tsv"
    with path.open("rb") as file:
        frame = pd.read_csv(file, sep="\t", quoting=csv.QUOTE_NONE, keep_default_na=False)
    frame = frame.rename(columns={"label": "target"})[["text", "source", "target"]]
    if source != "all":
        frame = frame[frame["source"] == source].reset_index(drop=True)
    return text_bunch(
        frame,
        descr="reviews.rst",
        filename=str(path),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
