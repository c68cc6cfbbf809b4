"""One task for each classifier, fold and seed of a comparison."""

from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import cross_validate
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.parallel import Parallel, delayed

from .._compat import safe_indexing
from .._warnings import warn
from ._calibration_error import confidence_and_hits
from ._format import describe_params
from ._report_candidates import last_step, reports, stop_reporting


class Setting(NamedTuple):
    """Settings that all tasks share."""

    X: Any
    y: Any
    scorers: dict
    error_score: Any
    return_estimators: bool
    checks: bool


class Task(NamedTuple):
    """A classifier, by its name and the number of its seed from 1, on a fold."""

    name: str
    seed: int
    classifier: Any
    fold: Any


class Outcome(NamedTuple):
    """The result of a task: a row of the table, and optionally more."""

    row: dict
    estimator: Any = None
    error: str | None = None
    confidence_and_hits: Any = None  # of the predictions for the held-out part


def make_tasks(classifiers, folds, n_seeds, random_state):
    """Return the tasks, in the order in which they run.

    Fold by fold, so that failures show early and slow classifiers do not all come last.
    """
    seeded = {
        name: with_seeds(classifier, n_seeds, random_state)
        for name, classifier in classifiers.items()
    }
    return [
        Task(name, seed, classifier, fold)
        for fold in folds
        for name, copies in seeded.items()
        for seed, classifier in enumerate(copies, start=1)
    ]


def with_seeds(classifier, n_seeds, random_state):
    """Return a classifier and copies with other seeds; only itself if it has no seed."""
    names = [
        name
        for name in sorted(classifier.get_params())
        if name == "random_state" or name.endswith("__random_state")
    ]
    if not names:
        return [classifier]
    draws = check_random_state(random_state)
    largest = np.iinfo(np.int32).max
    return [classifier] + [
        clone(classifier).set_params(**{name: int(draws.randint(largest)) for name in names})
        for _ in range(n_seeds - 1)
    ]


def run_tasks(tasks, setting, params, n_jobs, verbose, finished=None):
    """Run the unfinished tasks; return all outcomes by classifier, fold and seed."""
    rows = [finished and finished.read(task.name, task.fold.number, task.seed) for task in tasks]
    outcomes = [Outcome(row) for row in rows if row]
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
    arrivals = parallel(
        delayed(_run_task)(task, params_for(task.classifier, params), setting)
        for task, row in zip(tasks, rows, strict=True)
        if not row
    )
    try:
        for outcome in arrivals:
            outcomes.append(outcome)
            if finished and not outcome.error:
                finished.write(outcome.row)
            progress = f"[{len(outcomes):{len(str(len(tasks)))}}/{len(tasks)}]"
            _report(outcome, progress, setting.scorers, verbose)
    except BrokenProcessPool as error:
        error.add_note(_killed(len(outcomes), len(tasks), finished))
        raise
    if all(outcome.error for outcome in outcomes):
        raise ValueError(
            f"All {len(tasks)} tasks failed, the first one with: {outcomes[0].error}. "
            "error_score='raise' shows the traceback."
        )
    places = {name: place for place, name in enumerate(dict.fromkeys(task.name for task in tasks))}
    return sorted(
        outcomes, key=lambda o: (places[o.row["classifier"]], o.row["fold"], o.row["seed"])
    )


def _killed(n_done, n_tasks, finished):
    """Return what to do after a worker process was killed."""
    again = "pass folder= to keep scores, and resume=True to continue after a crash"
    if finished:
        again = "their scores are in folder, and resume=True runs the others"
    return (
        f"{n_done} of {n_tasks} tasks were done; {again}. Usually a killed worker was short of "
        "memory: set a smaller n_jobs, or cut long texts by PadTransformer(maxlen=...)."
    )


def params_for(classifier, params):
    """Drop the groups, which are for the outer splitter, unless they are requested."""
    requested = get_config()["enable_metadata_routing"] and get_routing_for_object(
        classifier
    ).consumes("fit", ["groups"])
    return {key: value for key, value in params.items() if key != "groups" or requested}


def _run_task(task, params, setting):
    """Fit and score one classifier on one fold."""
    name, seed, classifier, fold = task
    row = {
        "classifier": name,
        "fold": fold.number,
        "seed": seed,
        "n_train": len(fold.train),
        "n_test": len(fold.test),
    }
    try:
        result = cross_validate(
            _labeled(classifier, f"{name}, fold {fold.number}"),
            setting.X,
            setting.y,
            cv=[(fold.train, fold.test)],
            scoring=setting.scorers,
            params=params,
            return_train_score=setting.checks,
            return_estimator=True,
            error_score="raise",
        )
    except Exception as error:
        if setting.error_score == "raise":
            error.add_note(f"(classifier {name!r}, outer fold {fold.number})")
            raise
        return Outcome(_failed(row, setting), error=f"{type(error).__name__}: {error}")
    estimator = result["estimator"][0]
    search = last_step(estimator)
    if reports(search):
        stop_reporting(search)
    row |= {
        part: float(values[0])
        for part, values in result.items()
        if part.startswith(("test_", "train_"))
    }
    row |= {
        "inner_score": float(getattr(search, "best_score_", np.nan)),
        "fit_time": float(result["fit_time"][0]),
        "score_time": float(result["score_time"][0]),
        "params": _python_scalars(getattr(search, "best_params_", {})),
    }
    kept = estimator if setting.return_estimators else None
    found = _held_out_confidence(estimator, setting, fold) if setting.checks else None
    return Outcome(row, kept, None, found)


def _failed(row, setting):
    """Complete the row of a task that failed."""
    parts = {"test": float(setting.error_score)} | ({"train": np.nan} if setting.checks else {})
    row |= {f"{part}_{metric}": v for part, v in parts.items() for metric in setting.scorers}
    return row | {"inner_score": np.nan, "fit_time": np.nan, "score_time": np.nan, "params": {}}


def _held_out_confidence(estimator, setting, fold):
    if not hasattr(estimator, "predict_proba"):
        return None
    probabilities = estimator.predict_proba(safe_indexing(setting.X, fold.test))
    return confidence_and_hits(
        probabilities, safe_indexing(setting.y, fold.test), estimator.classes_
    )


def _labeled(classifier, label):
    """Return a copy whose search, if it reports its candidates, prefixes them with a label."""
    if not reports(last_step(classifier)):
        return classifier
    classifier = clone(classifier)
    search = last_step(classifier)
    search.set_params(scoring=search.scoring.labeled(label))
    return classifier


def _python_scalars(params):
    return {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in params.items()
    }


def _report(outcome, progress, scorers, verbose):
    """Warn about a failure; print a line if verbose."""
    row = outcome.row
    task = f"{row['classifier']}, fold {row['fold']}"
    if row["seed"] > 1:
        task += f", seed {row['seed']}"
    if outcome.error:
        warn(f"{task} failed and got error_score. {outcome.error}", FitFailedWarning)
    if not verbose:
        return
    if outcome.error:
        print(f"{progress} {task}: failed ({outcome.error})", flush=True)
        return
    scores = ", ".join(f"{metric} {row[f'test_{metric}']:.3f}" for metric in scorers)
    chosen = describe_params(row["params"])
    print(
        f"{progress} {task}: {scores} in {row['fit_time']:.1f} s" + f" ({chosen})" * bool(chosen),
        flush=True,
    )
