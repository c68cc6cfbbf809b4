"""Pretrained vectors that a file names by the digest of their content, found again."""

import os

from ._faults import shown


def find_vectors(nodes, given):
    """Find the vectors that a description refers to.

    Parameters
    ----------
    nodes : object
        The description's vectors; what makes no sense is left for the decoder to refuse.
    given : WordVectors, path, list of these or None
        Where to look before the data home.

    Returns
    -------
    dict of str to WordVectors
        By digest.

    Raises
    ------
    ValueError
        If some are neither among `given` nor in the data home.
    """
    wanted = {
        node["digest"]: node.get("shape")
        for node in (nodes if isinstance(nodes, list) else ())
        if isinstance(node, dict) and "matrix" not in node and isinstance(node.get("digest"), str)
    }
    found = {}
    for opened in _all_of(given):
        if set(wanted) <= set(found):
            break
        vectors = opened()
        found[vectors.digest] = vectors
    missing = set(wanted) - set(found)
    if missing:
        found |= _stored(missing)
    for digest in missing - set(found):
        raise ValueError(
            f"The pipeline refers to pretrained vectors of shape {shown(wanted[digest])} with the "
            f"digest {shown(digest)}. They are not in the data home"
            + (f", nor among the given ones, {', '.join(sorted(found))}" if given else "")
            + ". Pass them, or the file that they are from: load(path, vectors=...)."
        )
    return found


def _all_of(given):
    """Yield functions that give vectors; files are read when they are asked for."""
    if given is None:
        return
    from ..embeddings import WordVectors

    for vectors in given if isinstance(given, (list, tuple)) else [given]:
        if isinstance(vectors, WordVectors):
            yield lambda vectors=vectors: vectors
        elif isinstance(vectors, (str, os.PathLike)):
            yield lambda path=vectors: WordVectors.read(path)
        else:
            raise TypeError(
                f"vectors is {vectors!r}, expected a WordVectors, the path of a file of vectors, "
                "or a list of these."
            )


def _stored(digests):
    """Map the vectors with these digests that the data home holds."""
    from ..embeddings import stored_vectors

    return stored_vectors(digests)
