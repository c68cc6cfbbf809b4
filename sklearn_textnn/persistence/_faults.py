"""The one error for everything that can be wrong with a file."""

from reprlib import repr as shorten


class ModelFormatError(ValueError):
    """A file does not hold a model that this version can load.

    Whatever is wrong, with the container, the description or the arrays, ends here: a damaged or
    forged file raises nothing else.

    Parameters
    ----------
    message : str
        What is wrong.

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

    def __init__(self, message):
        super().__init__(message)


def shown(value):
    """Return a short text for a value from a file, which may be of any size."""
    return shorten(value)


def expect(condition, fault):
    """Raise a ModelFormatError unless `condition` holds."""
    if not condition:
        raise ModelFormatError(fault)
