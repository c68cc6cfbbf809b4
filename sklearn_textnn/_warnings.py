"""Warnings that point to the user's line, through any number of library calls."""

import sys
import warnings

# contextlib and joblib stand between the functions of this package and of scikit-learn.
_SKIPPED = {"sklearn_textnn", "sklearn", "joblib", "contextlib"}


def warn(message, category=UserWarning):
    """Warn at the innermost line outside this package and scikit-learn.

    Parameters
    ----------
    message : str or Warning
        The message.
    category : type of Warning, default=UserWarning
        The class of the warning; ignored if `message` is a Warning.
    """
    frame, stacklevel = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _SKIPPED:
        frame, stacklevel = frame.f_back, stacklevel + 1
    warnings.warn(message, category, stacklevel=stacklevel)
