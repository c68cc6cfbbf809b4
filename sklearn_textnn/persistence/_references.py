"""Lookup of pretrained vectors that a file refers to by digest."""

import os
import re

from ._errors import shown


def find_vectors(nodes, passed):
    """Find the vectors that a description refers to.

    Parameters
    ----------
    nodes : object
        The vectors in the description; the decoder refuses invalid ones later.
    passed : WordVectors, path, list of these or None
        Vectors to search before the data home.

    Returns
    -------
    dict of str to WordVectors
        Vectors by digest.

    Raises
    ------
    ValueError
        If some are neither passed nor in the data home.
    """
    wanted = {
        node["digest"]: node.get("shape")
        for node in (nodes if isinstance(nodes, list) else ())
        if isinstance(node, dict) and "matrix" not in node and _is_digest(node.get("digest"))
    }
    found = {}
    for vectors in passed if isinstance(passed, (list, tuple)) else [passed]:
        if set(wanted) <= set(found) or vectors is None:
            break
        found |= _by_digest(vectors)
    missing = set(wanted) - set(found)
    if missing:
        from ..embeddings import stored_vectors

        found |= stored_vectors(missing)
    for digest in missing - set(found):
        raise ValueError(
            f"The pipeline refers to pretrained vectors of shape {shown(wanted[digest])} with the "
            f"digest {shown(digest)}. They are not in the data home"
            + (f", nor among those passed, {', '.join(sorted(found))}" if passed else "")
            + ". Pass them, or the file that they are from: load(path, vectors=...); or save the "
            "pipeline with embed_vectors=True."
        )
    return found


def _is_digest(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _by_digest(vectors):
    """Return vectors, or those of a file, by digest."""
    from ..embeddings import WordVectors

    if isinstance(vectors, (str, os.PathLike)):
        vectors = WordVectors.read(vectors)
    if not isinstance(vectors, WordVectors):
        raise TypeError(
            f"vectors is {vectors!r}, expected a WordVectors, the path of a file of vectors, or a "
            "list of these."
        )
    return {vectors.digest: vectors}
