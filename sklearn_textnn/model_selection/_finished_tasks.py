"""Finished tasks of a comparison, stored in a folder."""

import json
import re
from pathlib import Path

import joblib
import pandas as pd

from .._atomic import atomic_write
from ._scores_file import as_json, read_scores

_ABOUT = "comparison.json"


class FinishedTasks:
    """Rows of the table of scores, one file per classifier, fold and seed.

    Parameters
    ----------
    folder : str or Path
        Created if it does not exist.
    about : dict of str to str
        What the rows depend on, see `describe_tasks`. Rows of other tasks are not mixed with these.
    resume : bool
        Whether to use the rows that are there.

    Raises
    ------
    ValueError
        If there are rows, and `resume` is False or they are of other tasks; if there are other
        files.
    """

    def __init__(self, folder, about, *, resume):
        self._folder = Path(folder)
        path = self._folder / _ABOUT
        if path.exists():
            if not resume:
                raise ValueError(
                    f"{self._folder} holds a comparison already; set resume=True to continue it, "
                    "or take another folder."
                )
            found = json.loads(path.read_text(encoding="utf-8"))
            _check_same(found, about, self._folder)
            about = found | about
        else:
            _check_empty(self._folder)
        with atomic_write(path, make_folder=True) as file:
            file.write(json.dumps(about, indent=1).encode())

    def read(self, name, fold, seed):
        """Return the row of a task, or None if it is not finished."""
        path = self._path(name, fold, seed)
        return read_scores(path).to_dict("records")[0] if path.exists() else None

    def write(self, row):
        """Write the row of a task."""
        with atomic_write(self._path(row["classifier"], row["fold"], row["seed"])) as file:
            file.write(as_json(pd.DataFrame([row])).encode())

    def _path(self, name, fold, seed):
        # a name may hold any character
        return self._folder / f"{joblib.hash(name)}-{fold}-{seed}.json"


def _check_empty(folder):
    """Raise an error if there are files of something else."""
    others = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    others = [name for name in others if not name.startswith(".")]  # such as those of a killed run
    if others:
        raise ValueError(
            f"{folder} holds other files ({others[0]!r} is the first of {len(others)}), expected "
            "an empty folder or one of a comparison; name a new one, which is created."
        )


def describe_tasks(classifiers, folds, X, y, params, scorers, checks):
    """Return digests of all that the scores depend on: data and folds, and each classifier."""
    rows = [(fold.train, fold.test) for fold in folds]
    texts = {name: _describe(classifier) for name, classifier in classifiers.items()}
    return texts | {"": joblib.hash((X, y, rows, params, sorted(scorers), checks))}


def _describe(classifier):
    """Return a digest of class and parameters, without addresses in memory."""
    text = repr((type(classifier), sorted(classifier.get_params().items())))
    return joblib.hash(re.sub(r" at 0x[0-9a-fA-F]+", "", text))


def _check_same(found, about, folder):
    """Raise an error if entries of the same name differ; names may be added or removed."""
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
