"""The one error for everything that can be wrong with a file."""

from reprlib import repr as shorten

_LONGEST = 500  # characters of a message


class ModelFormatError(ValueError):
    """A file does not hold a model that this version can load.

    Whatever is wrong, with the container, the description or the arrays, ends here: a damaged or
    forged file raises nothing else.

    Parameters
    ----------
    message : str
        What is wrong.
    cure : str, default="Get the file anew, or save the pipeline again"
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

    def __init__(self, message, cure="Get the file anew, or save the pipeline again"):
        super().__init__(message)
        self.cure = cure


def shown(value):
    """Return a short text for a value from a file, which may be of any size."""
    return shorten(value)


def told(error):
    """Return the message of an error from elsewhere, which may repeat all that a file holds."""
    message = str(error)
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}..."


def expect(condition, fault):
    """Raise a ModelFormatError unless `condition` holds."""
    if not condition:
        raise ModelFormatError(fault)
