"""Pretrained vectors that a file names by the digest of their content, found again."""

import os
import re

from ._errors import shown


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
        if isinstance(node, dict) and "matrix" not in node and _is_digest(node.get("digest"))
    }
    found = {}
    for vectors in given if isinstance(given, (list, tuple)) else [given]:
        if set(wanted) <= set(found) or vectors is None:
            break
        found |= _opened(vectors)
    missing = set(wanted) - set(found)
    if missing:
        from ..embeddings import stored_vectors

        found |= stored_vectors(missing)
    for digest in missing - set(found):
        raise ValueError(
            f"The pipeline refers to pretrained vectors of shape {shown(wanted[digest])} with the "
            f"digest {shown(digest)}. They are not in the data home"
            + (f", nor among the given ones, {', '.join(sorted(found))}" if given else "")
            + ". Pass them, or the file that they are from: load(path, vectors=...); or save the "
            "pipeline with embed_vectors=True."
        )
    return found


def _is_digest(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _opened(vectors):
    """Return given vectors, or those of a file, by their digest."""
    from ..embeddings import WordVectors

    if isinstance(vectors, (str, os.PathLike)):
        vectors = WordVectors.read(vectors)
    if not isinstance(vectors, WordVectors):
        raise TypeError(
            f"vectors is {vectors!r}, expected a WordVectors, the path of a file of vectors, or a "
            "list of these."
        )
    return {vectors.digest: vectors}
