"""Selection of words while a file is read."""

from ._detect_format import shorten
from ._words import encode


class WordFilter:
    """Filter that selects and decodes words while a file is read.

    Parameters
    ----------
    wanted : set of str, default=None
        The words to keep, at their first occurrence; None keeps every line.
    encoding_errors : str, default="strict"
        How to treat words that are not UTF-8, as in ``bytes.decode``.

    Attributes
    ----------
    n_repeated : int
        The number of repetitions of wanted words.
    remark : str or None
        Another harmless anomaly of the file.
    """

    remark = None

    def __init__(self, wanted=None, encoding_errors="strict"):
        self._wanted = None if wanted is None else set(map(encode, wanted))
        self._errors = encoding_errors
        self._found = set()
        self.n_repeated = 0

    @property
    def beginnings(self):
        """Beginnings of wanted words, up to a space; None if they cannot be filtered as bytes."""
        if self._wanted is None or self._errors != "strict":
            return None
        return {word.partition(b" ")[0] for word in self._wanted}

    def keep(self, words, unit, numbers):
        """Select among words in the order of the file.

        Parameters
        ----------
        words : sequence of bytes
            The words.
        unit : {"line", "vector"}
            What `numbers` count, for messages.
        numbers : sequence of int
            The number of the line or vector of each word.

        Returns
        -------
        positions : list of int
            The positions of the selected words.
        encoded : list of bytes
            Those words, encoded.

        Raises
        ------
        ValueError
            If a word is not UTF-8.
        """
        words = self._decode_and_encode(words, unit, numbers)
        if self._wanted is None:
            return list(range(len(words))), words
        kept = []
        for i, word in enumerate(words):
            if word in self._found:
                self.n_repeated += 1
            elif word in self._wanted:
                self._found.add(word)
                kept.append(i)
        return kept, [words[i] for i in kept]

    def _decode_and_encode(self, words, unit, numbers):
        try:
            b"\n".join(words).decode("utf-8")  # all at once; sound bytes encode to themselves
            return list(words)
        except UnicodeDecodeError:
            return [
                self._decode(word, unit, number)
                for word, number in zip(words, numbers, strict=True)
            ]

    def _decode(self, word, unit, number):
        try:
            return encode(word.decode("utf-8", self._errors))
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{unit} {number}: {shorten(word)} is not UTF-8 ({error.reason} at its byte "
                f"{error.start}); pass encoding_errors='replace', or convert the file."
            ) from error
