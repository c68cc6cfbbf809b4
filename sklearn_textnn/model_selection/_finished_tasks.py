"""Tasks of a comparison that are done, kept in a folder as they finish."""

import json
import re
from pathlib import Path

import joblib
import pandas as pd

from .._atomic import atomic_write
from ._scores_file import as_json, read_scores

_ABOUT = "comparison.json"


class FinishedTasks:
    """Rows of the table of scores, a file for each classifier, fold and seed.

    Parameters
    ----------
    folder : str or Path
        Made where there is none.
    about : dict of str to str
        What rows depend on, see `describe_tasks`. Rows of something else are not mixed with these.
    resume : bool
        Whether rows that are there are taken.

    Raises
    ------
    ValueError
        If there are rows, and `resume` is False or they are of something else.
    """

    def __init__(self, folder, about, *, resume):
        self._folder = Path(folder)
        path = self._folder / _ABOUT
        if path.exists():
            if not resume:
                raise ValueError(
                    f"{self._folder} holds a comparison already; set resume=True to go on with it, "
                    "or take another folder."
                )
            found = json.loads(path.read_text(encoding="utf-8"))
            _check_same(found, about, self._folder)
            about = found | about
        with atomic_write(path, make_folder=True) as file:
            file.write(json.dumps(about, indent=1).encode())

    def read(self, name, fold, seed):
        """Return the row of a task, or None where it is not done."""
        path = self._path(name, fold, seed)
        return read_scores(path).to_dict("records")[0] if path.exists() else None

    def write(self, row):
        """Keep the row of a task."""
        with atomic_write(self._path(row["classifier"], row["fold"], row["seed"])) as file:
            file.write(as_json(pd.DataFrame([row])).encode())

    def _path(self, name, fold, seed):
        # a name may hold any character
        return self._folder / f"{joblib.hash(name)}-{fold}-{seed}.json"


def describe_tasks(classifiers, folds, X, y, params, scorers, checks):
    """Return what the scores depend on, as texts: the data and folds, and each classifier."""
    rows = [(fold.train, fold.test) for fold in folds]
    texts = {name: _describe(classifier) for name, classifier in classifiers.items()}
    return texts | {"": joblib.hash((X, y, rows, params, sorted(scorers), checks))}


def _describe(classifier):
    """Return a digest of class and parameters, without addresses in memory."""
    text = repr((type(classifier), sorted(classifier.get_params().items())))
    return joblib.hash(re.sub(r" at 0x[0-9a-fA-F]+", "", text))


def _check_same(found, about, folder):
    """Raise where rows of the same name are of something else; other names may come and go."""
    changed = sorted(name for name in found.keys() & about.keys() if found[name] != about[name])
    if not changed:
        return
    what = f"parameters of {changed[0]!r}"
    if not changed[0]:
        what = "data, folds, params, scores or checks (random_state decides the folds)"
    raise ValueError(
        f"{folder} holds a comparison with other {what}, whose results would be mixed with these; "
        "take another folder."
    )
