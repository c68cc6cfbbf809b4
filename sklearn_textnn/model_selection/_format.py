"""Chosen parameters as text, for tables and files."""

import json
import math
import re
import textwrap
from collections import Counter
from numbers import Integral, Real

import numpy as np


def plain(value):
    """Return a parameter's value as JSON can hold it; other objects become their repr.

    numpy scalars become Python's, tuples become lists. NaN and infinities, which JSON lacks,
    become text.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(item) for key, item in value.items()}
    return " ".join(_without_address(repr(value)).split())


def _without_address(text):
    """Drop the memory address from a repr."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def to_json(params):
    """Return the parameters as one line of JSON."""
    return json.dumps(plain(params), ensure_ascii=False, allow_nan=False)


def most_chosen(params):
    """Find the parameters chosen most often, the earliest in case of a tie.

    Parameters
    ----------
    params : sequence of dict
        The choice of each fold; empty if there was no search or the fold failed.

    Returns
    -------
    chosen : dict
        Empty if no fold has any.
    n_folds : int
        The number of folds that chose them.
    """
    keys = [json.dumps(plain(chosen), sort_keys=True) for chosen in params]
    counts = Counter(key for key, chosen in zip(keys, params, strict=True) if chosen)
    if not counts:
        return {}, 0
    key, n_folds = counts.most_common(1)[0]
    return params[keys.index(key)], n_folds


def describe_params(params):
    """Format parameters for a table: ``C=10, min_df=2`` for ``clf__C`` and ``counts__min_df``.

    The names of steps are left out where what remains is unique.
    """
    shorts = Counter(key.rpartition("__")[2] for key in params)
    described = []
    for key, value in params.items():
        short = key.rpartition("__")[2]
        described.append(f"{short if shorts[short] == 1 else key}={_describe_value(value)}")
    return ", ".join(described)


def _describe_value(value):
    if isinstance(value, Real) and not isinstance(value, Integral):
        return f"{value:.3g}"
    if isinstance(value, str):
        return value
    return textwrap.shorten(_without_address(str(value)), 60, placeholder="...")


def align(rows, wrapped_width):
    """Format a table whose last column is wrapped; the first row is the header.

    The first and the last column are left-aligned, the others right-aligned.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *middle, last in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(middle, widths[1:-1], strict=True)]
        start = "  ".join(cells) + "  "
        pieces = textwrap.wrap(last, wrapped_width) or [""]
        lines.append(start + pieces[0])
        lines += [" " * len(start) + piece for piece in pieces[1:]]
    return "\n".join(line.rstrip() for line in lines)
