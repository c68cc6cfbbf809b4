"""Time and held-out accuracy of `EpochHalvingSearchCV` beside `RandomizedSearchCV`.

    python -m benchmarks.halving --folder FOLDER --sentences FOLDER

Both search the same candidates with the same inner folds, in one process and one after the other,
on each outer fold; what they choose is scored on texts that neither has seen.
"""

import argparse
import importlib
import json
import time
from pathlib import Path

import numpy as np
from scipy.stats import loguniform
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline

from sklearn_textnn import (
    ConvolutionalNetwork,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
)
from sklearn_textnn.classifiers import clear_program_cache
from sklearn_textnn.model_selection import EpochHalvingSearchCV
from sklearn_textnn.utils import quiet_tensorflow

from . import text_sets

NETWORKS = {
    "convolution": (
        ConvolutionalNetwork(50),
        {"clf__model__num_filters": [32, 64, 128], "clf__model__dropout": [0.0, 0.5]},
    ),
    "pooling": (
        PoolingNetwork(50),
        {"clf__model__units": [None, 16, 64], "clf__model__dropout": [0.0, 0.5]},
    ),
}
RATES = {"clf__optimizer__learning_rate": loguniform(3e-4, 3e-2)}
SEARCHES = {"randomized": RandomizedSearchCV, "halving": EpochHalvingSearchCV}


def measure(text_set, network, n_iter, epochs, n_outer):
    """Search on each outer fold; return times and held-out accuracy of both."""
    model, space = NETWORKS[network]
    clf = KerasTextClassifier(model, epochs=epochs, random_state=0)
    pipeline = Pipeline(
        [("tokens", KerasTokenizerTransformer()), ("pad", PadTransformer(0.99)), ("clf", clf)]
    )
    texts, found = np.array(text_set.texts, dtype=object), []
    for train, test, seed in text_sets.splits(text_set)[:n_outer]:
        inner = StratifiedKFold(3, shuffle=True, random_state=seed)
        run = {"set": f"{text_set.name}, {network}", "seed": seed}
        for name, search in list(SEARCHES.items())[:: 1 if seed % 2 else -1]:
            clear_program_cache()  # each traces all of its networks
            wall, cpu = time.perf_counter(), time.process_time()
            fitted = search(pipeline, RATES | space, n_iter=n_iter, cv=inner, random_state=seed)
            fitted.fit(texts[train], text_set.y[train])
            run[f"{name} s"] = time.perf_counter() - wall
            run[f"{name} cpu"] = time.process_time() - cpu
            run[f"{name} right"] = (fitted.predict(texts[test]) == text_set.y[test]).tolist()
        found.append(run)
        print(describe([run]), flush=True)
    return found


def describe(runs):
    """Return a line: times, their ratio, accuracies, and the difference with its interval."""
    wall, cpu = (
        [sum(run[f"{name} {unit}"] for run in runs) for name in SEARCHES] for unit in ("s", "cpu")
    )
    right = [np.concatenate([run[f"{name} right"] for run in runs]) for name in SEARCHES]
    change = right[1].astype(float) - right[0]
    half = 1.96 * change.std(ddof=1) / np.sqrt(len(change))
    return (
        f"{runs[0]['set']}, {len(runs)} outer folds: randomized {wall[0]:.0f} s, halving "
        f"{wall[1]:.0f} s, {wall[0] / wall[1]:.2f} x ({cpu[0] / cpu[1]:.2f} x of the processor's "
        f"time); held-out {right[0].mean():.4f} and {right[1].mean():.4f}, difference "
        f"{change.mean():+.4f} within {half:.4f}"
    )


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="with MR")
    parser.add_argument("--sentences", type=Path, help="with the UCI sentences")
    parser.add_argument("--sets", nargs="+", default=["yelp", "MR"], choices=text_sets.NAMES)
    parser.add_argument("--network", default="convolution", choices=NETWORKS)
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--outer", type=int, default=5, help="outer folds")
    parser.add_argument("--output", type=Path, help="JSON file for all figures")
    args = parser.parse_args(argv)
    with quiet_tensorflow():
        importlib.import_module("sklearn_textnn.classifiers._classifier")
    runs = {}
    for name in args.sets:
        text_set = text_sets.load(name, args.folder, args.sentences)
        runs[name] = measure(text_set, args.network, args.candidates, args.epochs, args.outer)
        if args.output is not None:
            args.output.write_text(json.dumps(runs))
    print("\n".join(map(describe, runs.values())))


if __name__ == "__main__":
    main()
