"""The error for everything that can be wrong with a file."""

from contextlib import contextmanager
from functools import partial

from .._validation import expect
from .._validation import short_repr as shown

__all__ = ["ModelFormatError", "as_format_error", "expect", "shown"]

_LONGEST = 500  # characters of a message


class ModelFormatError(ValueError):
    """A file does not contain a model that this version can load.

    This is the only error that damaged or forged files raise, whether the container, the
    description or the arrays are wrong.

    Parameters
    ----------
    message : str
        What is wrong.
    hint : str, default="Get the file anew, or save the pipeline again"
        What to do.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_textnn import persistence
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     try:
    ...         persistence.load(file.name)
    ...     except persistence.ModelFormatError as error:
    ...         print("damaged" in str(error))
    True
    """

    def __init__(self, message, hint="Get the file anew, or save the pipeline again"):
        super().__init__(message)
        self.hint = hint


@contextmanager
def as_format_error(message="", errors=Exception):
    """Turn other errors into a ModelFormatError, except those that are not due to the file.

    These are a lack of memory, and a missing library that a class needs.
    """
    try:
        yield
    except (ModelFormatError, MemoryError, ImportError):
        raise
    except errors as error:
        text = str(error)  # may repeat the whole content of a file
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        raise ModelFormatError(f"{message} ({text})" if message else text) from error


expect = partial(expect, error=ModelFormatError)
