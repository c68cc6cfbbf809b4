"""Pickled states of vectors: all of them, or a reference to their file.

These states are not only from pickles: skops restores objects from states in files that run no
code, but whose content is untrusted. So types are checked, a reference never determines where to
write, and the vectors that it refers to are used only if their digest is the one it states.
"""

import os
from functools import lru_cache

import numpy as np

from .._saved_state import array, check_saved_state, instance_of, or_none
from .._validation import expect
from ._cache import VectorCache, fingerprint
from ._read_file import VectorFile, read_into_memory
from ._store import Stored, content_digest, open_store
from ._validation import check_encoding_errors
from ._words import PackedWords

_FAULT = "This is not a state of WordVectors: "
_ARRAYS = {
    "words": array("uint8", None),
    "offsets": array("int64", None),
    "vectors": array("float32", None, None),
}
_TEXT = instance_of(str)
_REFERENCE = {
    **dict.fromkeys(("digest", "store", "path", "encoding_errors"), _TEXT),
    **dict.fromkeys(("member", "data_home"), or_none(_TEXT)),
    **dict.fromkeys(("size", "n_words", "dim"), instance_of(int)),
}


def checked_content(state):
    """Check the arrays of completely pickled vectors.

    Parameters
    ----------
    state : dict
        ``words``, the encoded words as uint8; ``offsets``, where each of them starts, and the end
        of the last, int64; ``vectors``, float32 (n_words, dim).

    Returns
    -------
    words : PackedWords
        The words.
    vectors : ndarray of float32 of shape (n_words, dim)
        The matrix, read-only.

    Raises
    ------
    ValueError
        If the state is invalid.
    """
    _check(state, _ARRAYS)
    words, offsets, vectors = (state[name] for name in _ARRAYS)
    ends = offsets[:1].tolist() + offsets[-1:].tolist()
    if ends != [0, len(words)] or (np.diff(offsets) < 0).any() or len(offsets) != len(vectors) + 1:
        raise ValueError(f"{_FAULT}its arrays are inconsistent.")
    vectors.setflags(write=False)
    return PackedWords(words, offsets), vectors


def _check(state, constraints):
    try:
        expect(set(state) == set(constraints), f"its entries are not {list(constraints)}")
        check_saved_state(state, constraints)
    except ValueError as error:
        raise ValueError(f"{_FAULT}{error}.") from error


def checked_reference(state):
    """Check the types of a reference, and that its store is a name, not a path.

    Parameters
    ----------
    state : dict
        The pickled state.

    Returns
    -------
    dict
        A copy.

    Raises
    ------
    ValueError
        If it is not a reference.
    """
    _check(state, _REFERENCE)
    if not state["store"].isalnum():
        raise ValueError(f"{_FAULT}its store is {state['store']!r}, expected a digest.")
    check_encoding_errors(state["encoding_errors"])
    return dict(state)


def resolve(reference):
    """Open the store of a reference; if it is missing, read the unchanged file again.

    Parameters
    ----------
    reference : dict
        See :func:`checked_reference`.

    Returns
    -------
    Stored
        Vectors with the digest of the reference.

    Raises
    ------
    FileNotFoundError
        If there are no such vectors.
    """
    expected = tuple(reference[key] for key in ("digest", "n_words", "dim"))
    for data_home in dict.fromkeys([reference["data_home"], None]):
        stored = _open(data_home, reference["store"])
        if stored is not None and (stored.digest, *stored.vectors.shape) == expected:
            return stored
    file = VectorFile(*(reference[key] for key in ("path", "member", "encoding_errors")))
    is_there = os.path.isfile(file.path)
    stored = _read_again(file, reference) if is_there else None
    if stored is not None and (stored.digest, *stored.vectors.shape) == expected:
        return stored
    raise FileNotFoundError(
        f"The vectors were pickled as a reference to {file.path!r}, which "
        f"{'has changed' if is_there else 'does not exist'}, and the data home has no "
        f"copy of them (digest {reference['digest']}). Put the file back, or pickle "
        "vectors.in_memory() instead."
    )


def _open(data_home, store):
    """Open a store; trust the digest in its header only in the user's own data home."""
    stores = VectorCache(data_home)
    stored = stores.open(store)
    if stored is None or data_home is None:
        return stored
    path = stores.path_of(store)
    return stored._replace(digest=_digest_of(path, *fingerprint(path)))


@lru_cache(maxsize=100)
def _digest_of(path, *seen):
    """Compute the digest of a store, once per fingerprint and process."""
    words, vectors, _ = open_store(path)
    return content_digest(words, vectors.shape[1], [vectors])


def _read_again(file, reference):
    """Read a file again if length and SHA-256 are unchanged, into the user's data home."""
    own = VectorCache()
    if os.path.getsize(file.path) != reference["size"] or not reference["size"]:
        return None  # not even opened: it may be large, or a device
    if own.name_of(file)[0] != reference["store"]:
        return None
    stored = own.open_or_build(file)[1]
    if stored is not None:
        return stored
    words, vectors = read_into_memory(file)
    return Stored(words, vectors, content_digest(words, vectors.shape[1], [vectors]))
