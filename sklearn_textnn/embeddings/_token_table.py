"""Tables of static sentence encoders: a matrix in safetensors, a row for each token."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open


def read_token_table(path, tokenizer):
    """Read a table and the tokens of its rows.

    Parameters
    ----------
    path : str
        A file of safetensors with one tensor of two dimensions.
    tokenizer : str or path-like
        The JSON file of a tokenizer of the tokenizers library.

    Returns
    -------
    tokens : list of str
        The tokens that have a row, by their ids.
    vectors : ndarray of float32 of shape (n_tokens, dim)
        Their rows.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If one of the files is something else, or the tokenizer has more tokens than rows.
    """
    matrix = _only_matrix(path)
    token_of = _tokens(tokenizer)
    last = max(token_of)
    if last >= len(matrix):
        raise ValueError(
            f"{str(tokenizer)!r} gives {token_of[last]!r} the id {last}, but the matrix of "
            f"{path!r} has {len(matrix)} rows; take the tokenizer that belongs to it."
        )
    ids = sorted(token_of)  # rows without a token fill the matrix up
    return [token_of[i] for i in ids], matrix[ids].astype(np.float32)


def _only_matrix(path):
    with open(path, "rb"):  # an OSError that names the file
        pass
    try:
        with safe_open(path, "numpy") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
            names = [name for name, shape in shapes.items() if len(shape) == 2]
            if len(names) != 1:
                raise ValueError(
                    f"{path!r} holds {len(names)} matrices, expected one, the table of tokens; "
                    f"its tensors are {shapes}."
                )
            return file.get_tensor(names[0])
    except (SafetensorError, TypeError) as error:  # TypeError: numbers that NumPy does not have
        raise ValueError(
            f"Cannot read vectors from {path!r}: {error}; with a tokenizer a file of safetensors "
            "is expected, of float16, float32 or float64."
        ) from error


def _tokens(path):
    """Return the token of each id; an added one counts where the model has another."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        vocabulary = content["model"]["vocab"]
        if isinstance(vocabulary, list):  # of unigrams: pairs of token and score
            token_of = {i: pair[0] for i, pair in enumerate(vocabulary)}
        else:
            token_of = {i: token for token, i in vocabulary.items()}
        token_of |= {token["id"]: token["content"] for token in content.get("added_tokens") or ()}
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(
            f"{str(path)!r} is no JSON file of a tokenizer of the tokenizers library, expected "
            "model.vocab with an id for each token."
        ) from error
    token_of = {i: token for i, token in token_of.items() if token}
    if not token_of or not all(type(i) is int and i >= 0 for i in token_of):
        raise ValueError(f"{str(path)!r} has no tokens with ids from 0 upward.")
    return token_of
