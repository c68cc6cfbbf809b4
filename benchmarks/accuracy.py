"""Accuracy, log loss and time of `text_classifier` compared with the usual baselines.

    python -m benchmarks.accuracy --folder FOLDER --sentences FOLDER --vectors glove.6B.50d.txt

All classifiers get the same folds, or official splits and seeds: see `text_sets`. A baseline is
fitted once if the split is official. The table ends with the mean over the sets, and with
differences to the best baseline: paired over the sets (which generalizes to similar sets), over
all texts (which holds for these sets only), and within each set over its texts. fastText is
included if its package is installed (`pip install '.[bench]'`). With `--output` a second call
continues where the first one ended, with more `--runs` of some `--sets`, or one more classifier.

`--parts` measures each member of `text_classifier` by itself, and fastText.
"""

import argparse
import importlib
import json
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import log_loss

from sklearn_textnn.pipelines import make_baselines, text_classifier
from sklearn_textnn.utils import quiet_tensorflow

from . import text_sets

OURS = "text_classifier"  # prefix of their names


class FastText(ClassifierMixin, BaseEstimator):
    """fastText, supervised: 25 epochs, words and pairs of words, 50 dimensions.

    It reads the texts in the same order in each epoch, so they are shuffled first: files sorted by
    class would spoil training.
    """

    def fit(self, X, y):
        import fasttext

        self.classes_ = np.unique(y)
        number = {label: i for i, label in enumerate(self.classes_)}
        with NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for i in np.random.default_rng(0).permutation(len(X)):
                file.write(f"__label__{number[y[i]]} {self._line(X[i])}\n")
            file.flush()
            self.model_ = fasttext.train_supervised(
                file.name, epoch=25, wordNgrams=2, dim=50, lr=0.5, thread=2, verbose=0
            )
        return self

    def predict_proba(self, X):
        found = np.zeros((len(X), len(self.classes_)))
        for row, text in zip(found, X, strict=True):
            labels, probabilities = self.model_.predict(self._line(text), k=len(self.classes_))
            row[[int(label.removeprefix("__label__")) for label in labels]] = probabilities
        return found / found.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    @staticmethod
    def _line(text):
        return " ".join(text.lower().split()) or "empty"


def make_classifiers(vectors, subwords, seed):
    """Return all classifiers by name."""
    found = make_baselines(vectors)
    if find_spec("fasttext"):
        found["fastText"] = FastText()
    found |= {
        f"{OURS}(fast=True)": text_classifier(fast=True, random_state=seed),
        f"{OURS}()": text_classifier(random_state=seed),
    }
    if vectors is not None:
        found[f"{OURS}(vectors)"] = text_classifier(vectors, random_state=seed)
    if subwords is not None:
        table, tokenizer = subwords
        found[f"{OURS}(subwords)"] = text_classifier(table, tokenizer=tokenizer, random_state=seed)
    return found


def make_parts(vectors, subwords, seed):
    """Return fastText and the members of `text_classifier` by name."""
    parts = {"fastText": FastText()} if find_spec("fasttext") else {}
    parts |= dict(text_classifier(random_state=seed).estimators)
    parts["network, fast"] = _network(text_classifier(fast=True, random_state=seed))
    if vectors is not None:
        parts["network on vectors"] = _network(text_classifier(vectors, random_state=seed))
    if subwords is not None:
        table, tokenizer = subwords
        found = text_classifier(table, tokenizer=tokenizer, random_state=seed)
        parts["network on subwords"] = _network(found)
    return parts


def _network(classifier):
    return classifier.get_params()["network"]


def measure(text_set, make, runs, n_runs):
    """Add missing results to `runs`; yield after each fit."""
    texts, y = np.array(text_set.texts, dtype=object), text_set.y
    for i, (training, test, seed) in enumerate(text_sets.splits(text_set)[:n_runs]):
        if i == len(runs):
            runs.append({})
        for name, classifier in make(seed).items():
            if name in runs[i]:
                continue
            if text_set.n_test and seed and not name.startswith(OURS):
                runs[i][name] = runs[0][name]
                yield
                continue
            began = time.perf_counter()
            classifier.fit(texts[training], y[training])
            seconds = time.perf_counter() - began
            hits, loss = classifier.predict(texts[test]) == y[test], None
            if hasattr(classifier, "predict_proba"):
                probabilities = classifier.predict_proba(texts[test])
                loss = log_loss(y[test], probabilities, labels=classifier.classes_)
            runs[i][name] = {"hits": hits.astype(int).tolist(), "loss": loss, "seconds": seconds}
            print(
                f"{text_set.name:10} {seed} {name:24} {hits.mean():.4f} {loss or np.nan:.3f} "
                f"{seconds:.1f} s",
                flush=True,
            )
            yield


def summary(runs, name):
    """Return mean accuracy, log loss and seconds over the runs."""
    found = [
        (np.mean(run[name]["hits"]), run[name]["loss"] or np.nan, run[name]["seconds"])
        for run in runs
    ]
    return np.mean(found, axis=0)


def gain(runs, name, baseline, *, official):
    """Return the difference of two accuracies in points, and half of its 95 % interval."""
    joined = np.mean if official else np.concatenate  # seeds of one test set, or folds
    hits = [joined([run[which]["hits"] for run in runs], axis=0) for which in (name, baseline)]
    return _interval(100 * (hits[0] - hits[1]))


def _interval(values):
    return values.mean(), stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)


def table(results):
    """Return a Markdown table of accuracies by set, and mean accuracy, log loss and seconds."""
    sets = list(results)
    runs = [run for name in sets for run in results[name]]
    names = [name for name in runs[0] if all(name in run for run in runs)]
    means = {n: np.array([summary(results[s], n) for s in sets]) for n in names}
    lines = [
        f"| classifier | {' | '.join(sets)} | mean | log loss | seconds |",
        "|---|" + "---|" * (len(sets) + 3),
    ]
    for name, values in means.items():
        cells = " | ".join(f"{value:.3f}" for value in values[:, 0])
        mean, loss, seconds = values.mean(axis=0)
        lines.append(f"| {name} | {cells} | {mean:.4f} | {loss:.3f} | {seconds:.1f} |")
    lines += [f"| runs | {' | '.join(str(len(results[s])) for s in sets)} | | | |"]
    if any(name.startswith(OURS) for name in names):
        lines += ["", *differences(results, means)]
    return "\n".join(lines)


def differences(results, means):
    """Return lines with the differences of our classifiers to the best baseline on the mean."""
    ours = [name for name in means if name.startswith(OURS)]
    best = max(means.keys() - set(ours), key=lambda name: means[name][:, 0].mean())
    lines = [f"Points above {best}, the best baseline on the mean, and their 95 % intervals:", ""]
    for name in ours:
        gains = {
            text_set: gain(runs, name, best, official=text_set in text_sets.OFFICIAL)
            for text_set, runs in results.items()
        }
        if len(results) > 1:
            mean, half = _interval(100 * (means[name][:, 0] - means[best][:, 0]))
            # of the mean over these sets only
            of_texts = np.linalg.norm([half for _, half in gains.values()]) / len(gains)
            lines.append(
                f"- {name}: {mean:+.2f} ± {half:.2f} over the sets, ± {of_texts:.2f} over the texts"
            )
        for text_set, (mean, half) in gains.items():
            lines.append(f"  - {text_set}, over its texts: {mean:+.2f} ± {half:.2f}")
    return lines


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="with MR, CR, TREC and Banking77")
    parser.add_argument("--sentences", type=Path, help="with the UCI sentences")
    parser.add_argument("--vectors", help="file of word vectors")
    parser.add_argument(
        "--subwords", nargs=2, help="table of a sentence encoder, and its tokenizer", metavar="FILE"
    )
    parser.add_argument("--parts", action="store_true", help="the members by themselves")
    parser.add_argument("--sets", nargs="+", default=text_sets.NAMES, choices=text_sets.NAMES)
    parser.add_argument("--runs", type=int, help="folds or seeds at most; default: all")
    parser.add_argument("--output", type=Path, help="JSON file; runs that it holds are not rerun")
    args = parser.parse_args(argv)
    with quiet_tensorflow():
        importlib.import_module("sklearn_textnn.classifiers._classifier")
    results = {}
    if args.output is not None and args.output.exists():
        results = json.loads(args.output.read_text())
    make = partial(make_parts if args.parts else make_classifiers, args.vectors, args.subwords)
    for name in args.sets:
        text_set = text_sets.load(name, args.folder, args.sentences)
        for _ in measure(text_set, make, results.setdefault(name, []), args.runs):
            if args.output is not None:
                args.output.write_text(json.dumps(results))
    print(table({name: results[name] for name in args.sets}))


if __name__ == "__main__":
    main()
