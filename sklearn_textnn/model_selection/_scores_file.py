"""Scores of a comparison on disk, as CSV or JSON."""

import csv
import io
import json
import math
from pathlib import Path

import pandas as pd

from ._format import plain, to_json

FORMAT = "sklearn_textnn.ClassifierComparison"
VERSION = 1
BEFORE_METRICS = ("classifier", "fold", "n_train", "n_test")
SEED = "seed"  # after the fold, where there are several
AFTER_METRICS = ("inner_score", "fit_time", "score_time", "params")
INTEGERS = ("fold", SEED, "n_train", "n_test")
EXPECTED = ", ".join([*BEFORE_METRICS, "one or more test_<metric>", *AFTER_METRICS])
EXPECTED += "; maybe seed, and a train_<metric> for each test_<metric>"


def metric_columns(columns):
    """Return the columns of outer scores; raise a ValueError if columns are missing or unknown."""
    metrics = [column for column in columns if str(column).startswith("test_")]
    if not metrics or sorted(map(str, columns)) != sorted(column_order(columns)):
        raise ValueError(f"got the columns {', '.join(map(str, columns))}; expected {EXPECTED}")
    return metrics


def column_order(columns):
    """Return the columns of a table of scores in order."""
    metrics = [column for column in columns if str(column).startswith("test_")]
    before = list(BEFORE_METRICS)
    if SEED in columns:
        before.insert(2, SEED)
    trained = [f"train_{metric.removeprefix('test_')}" for metric in metrics]
    has_trained = any(str(column).startswith("train_") for column in columns)
    return [*before, *metrics, *(trained if has_trained else []), *AFTER_METRICS]


def as_csv(scores):
    """Format the scores as CSV; parameters are a cell of JSON, missing values are empty."""
    lines = [_csv_line(scores.columns)]
    for row in _rows(scores):
        row["params"] = to_json(row["params"])
        lines.append(_csv_line("" if cell is None else cell for cell in row.values()))
    return "".join(lines)


def _csv_line(cells):
    file = io.StringIO()
    csv.writer(file).writerow(cells)  # csv quotes "\r" only if it is part of lineterminator
    return file.getvalue().removesuffix("\r\n") + "\n"


def as_json(scores):
    """Format the scores as JSON, one object per row; missing values are null."""
    rows = ",\n  ".join(
        json.dumps(plain(row), ensure_ascii=False, allow_nan=False) for row in _rows(scores)
    )
    return f'{{"format": "{FORMAT}", "version": {VERSION}, "scores": [\n  {rows}\n]}}\n'


def _rows(scores):
    """Return the rows as dicts of Python objects; None stands for NaN."""
    for row in scores.to_dict("records"):
        yield {
            name: None if isinstance(cell, float) and math.isnan(cell) else cell
            for name, cell in row.items()
        }


def read_scores(path):
    """Read scores from either format, detected by the first character.

    Raises
    ------
    ValueError
        If the file holds something else; the message says where.
    """
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
        rows = _parse_json(text) if text.lstrip().startswith("{") else _parse_csv(text)
        if not rows:
            raise ValueError("it has no rows")
    except ValueError as error:
        raise ValueError(
            f"{path} does not hold a comparison: {error}. Expected a file written by "
            "ClassifierComparison.to_csv or to_json."
        ) from error
    return pd.DataFrame(rows)


def _parse_csv(text):
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        metric_columns(header)
        return [_parse_row(header, row, reader.line_num, json.loads) for row in reader]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error


def _parse_json(text):
    content = json.loads(text)
    if content.get("format") != FORMAT or not isinstance(content.get("scores"), list):
        raise ValueError(f'got no "format": "{FORMAT}" with a list of "scores"')
    if content.get("version") != VERSION:
        raise ValueError(f"got version {content.get('version')!r}, can read version {VERSION}")
    rows = []
    for number, row in enumerate(content["scores"], start=1):
        if not isinstance(row, dict):
            raise ValueError(f"row {number} is no object")
        metric_columns(row)
        rows.append(_parse_row(row.keys(), row.values(), number, lambda params: params))
    return rows


def _parse_row(names, cells, number, parse_params):
    """Convert the cells of one row to the types of the table."""
    try:
        row = dict(zip(names, cells, strict=True))
        return {name: _parse_cell(name, cell, parse_params) for name, cell in row.items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"row {number}: {error}") from error


def _parse_cell(name, cell, parse_params):
    if name == "classifier":
        if not isinstance(cell, str):
            raise ValueError(f"classifier is {cell!r}, not a name")
        return cell
    if name == "params":
        params = parse_params(cell)
        if not isinstance(params, dict):
            raise ValueError(f"params is {cell!r}, not an object")
        return {key: _with_tuples(value) for key, value in params.items()}
    kind = "an integer" if name in INTEGERS else "a number"
    if isinstance(cell, bool) or (name in INTEGERS and isinstance(cell, float)):
        raise ValueError(f"{name} is {cell!r}, not {kind}")
    if name in INTEGERS:
        return int(cell)
    return math.nan if cell is None or cell == "" else float(cell)


def _with_tuples(value):
    """Turn lists into tuples, which parameters (``ngram_range``) hold more often."""
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value
