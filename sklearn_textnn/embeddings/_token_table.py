"""Tables of static sentence encoders: a safetensors matrix with a row per token."""

import numpy as np
from safetensors import SafetensorError, safe_open

from ..preprocessing import subword_ids


def read_token_table(path, tokenizer):
    """Read a table and the tokens of its rows.

    Parameters
    ----------
    path : str
        A safetensors file with one two-dimensional tensor.
    tokenizer : str, path-like or tokenizers.Tokenizer
        As :class:`SubwordTokenizerTransformer` takes it.

    Returns
    -------
    tokens : list of str
        The tokens that have a row, in the order of their ids.
    vectors : ndarray of float32 of shape (n_tokens, dim)
        Their rows.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If one of the files has another format, or the tokenizer has more tokens than rows.
    """
    matrix = _only_matrix(path)
    token_of = {i: token for token, i in subword_ids(tokenizer).items() if token}
    last = max(token_of, default=-1)
    if last >= len(matrix):
        raise ValueError(
            f"{str(tokenizer)!r} gives {token_of[last]!r} the id {last}, but the matrix of "
            f"{path!r} has {len(matrix)} rows; use the matching tokenizer."
        )
    ids = sorted(token_of)  # rows without a token are padding
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
