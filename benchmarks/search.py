"""The tutorial's search over filters and window size: serial, in threads, in processes."""

import importlib
import time

import joblib
import numpy as np
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold

from sklearn_textnn.classifiers import clear_program_cache
from sklearn_textnn.utils import quiet_tensorflow

from . import models, table
from .clock import timed
from .counting import counted

GRID = {
    "clf__model__num_filters": [32, 64, 128],
    "clf__model__kernel_size": [3, 5, 7],
}


def measure(corpus, quick):
    """Search once on each side, ours also with two jobs; same candidates, folds and texts.

    Everything runs in this process, SciKeras last; this process and workers import TensorFlow
    before the clock starts.
    """
    n_iter, n_folds, epochs = (2, 2, 1) if quick else (5, 4, 20)

    def search(pipeline, n_jobs):
        cv = StratifiedKFold(n_folds, shuffle=True, random_state=0)
        searched = make_search(pipeline, n_iter=n_iter, cv=cv, n_jobs=n_jobs)
        clear_program_cache()
        return {"seconds": timed(lambda: searched.fit(corpus.texts, corpus.y))} | scores_of(
            searched
        )

    ours = models.our_pipeline(epochs=epochs)
    with counted() as counts:
        serial = search(ours, n_jobs=1)
    with joblib.parallel_config(backend="threading"):
        threads = search(ours, n_jobs=2)
    seconds_to_start = timed(lambda: start_workers(2))
    processes = search(ours, n_jobs=2) | {"seconds to start the workers": seconds_to_start}
    n_tokens = int(np.max(models.ids_of(corpus.texts))) + 1
    scikeras = search(models.scikeras_pipeline(epochs=epochs, n_tokens=n_tokens), n_jobs=1)

    best = min(threads, processes, key=lambda run: run["seconds"])
    kind = "threads" if best is threads else "processes"
    return {
        "what": f"{n_iter} candidates, {n_folds} folds, {epochs} epochs, then one fit on all texts",
        "ours, serial": serial,
        "ours, 2 threads": threads,
        "ours, 2 processes": processes,
        "SciKeras, serial": scikeras,
        "traces": dict(counts.traces),
        "graph calls": dict(counts.calls),
        "lines": [
            table.faster("search, n_jobs=1", serial["seconds"], scikeras["seconds"], 8),
            table.faster(f"search, n_jobs=2, {kind}", best["seconds"], scikeras["seconds"], 12),
            table.bounded(
                "its mean score lies below SciKeras' by",
                (scikeras["mean score"] - best["mean score"]) / scikeras["sd of scores"],
                1,
                unit="accuracy",
                shown=" sd",
                ours=best["mean score"],
                theirs=scikeras["mean score"],
            ),
            table.equal(
                "programs traced, for as many architectures",
                counts.traces["training"],
                n_iter,
                unit="programs",
            ),
        ],
    }


def make_search(pipeline, *, n_iter, cv, n_jobs):
    return RandomizedSearchCV(
        pipeline,
        GRID,
        n_iter=n_iter,
        cv=cv,
        scoring="accuracy",
        random_state=0,
        n_jobs=n_jobs,
        error_score="raise",
    )


def scores_of(search):
    """Return mean and standard deviation of all candidates' scores in all folds."""
    results = search.cv_results_
    scores = np.array([results[f"split{i}_test_score"] for i in range(search.n_splits_)])
    return {
        "mean score": float(scores.mean()),
        "sd of scores": float(scores.std(ddof=1)),
        "best score": float(search.best_score_),
        "candidates": [list(map(int, params.values())) for params in results["params"]],
        "best": list(map(int, search.best_params_.values())),
    }


def start_workers(n_jobs):
    """Start loky's workers and import TensorFlow in each of them."""
    tasks = [joblib.delayed(_import_and_wait)("sklearn_textnn.classifiers._classifier")] * n_jobs
    joblib.Parallel(n_jobs=n_jobs)(tasks)


def _import_and_wait(name):
    with quiet_tensorflow():
        importlib.import_module(name)
    time.sleep(1)  # so that each worker gets one task
