"""Accuracy, log loss and time of `text_classifier` beside the usual baselines.

    python -m benchmarks.accuracy --folder FOLDER --sentences FOLDER --vectors glove.6B.50d.txt

The same folds, or official splits and seeds, for everybody: see `text_sets`. A classifier that does
not depend on a seed is fitted once where the split is official. The table ends with the mean over
the sets, and with the difference to the best baseline, paired over the sets. fastText takes part
where its package is installed (`pip install '.[bench]'`).
"""

import argparse
import importlib
import json
import time
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

OURS = "text_classifier"  # what their names begin with


class FastText(ClassifierMixin, BaseEstimator):
    """fastText, supervised: 25 epochs, words and pairs of words, 50 dimensions."""

    def fit(self, X, y):
        import fasttext

        self.classes_ = np.unique(y)
        number = {label: i for i, label in enumerate(self.classes_.tolist())}
        with NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for text, label in zip(X, np.asarray(y).tolist(), strict=True):
                file.write(f"__label__{number[label]} {self._line(text)}\n")
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


def make_classifiers(vectors, seed):
    """Return all that take part, by name."""
    found = make_baselines(vectors)
    if find_spec("fasttext"):
        found["fastText"] = FastText()
    found |= {
        f"{OURS}(fast=True)": text_classifier(fast=True, random_state=seed),
        f"{OURS}()": text_classifier(random_state=seed),
    }
    if vectors is not None:
        found[f"{OURS}(vectors)"] = text_classifier(vectors, random_state=seed)
    return found


def measure(text_set, vectors):
    """Return accuracy, log loss and seconds to fit of each run, by classifier."""
    texts, y, found = np.array(text_set.texts, dtype=object), text_set.y, {}
    for training, test, seed in text_sets.splits(text_set):
        for name, classifier in make_classifiers(vectors, seed).items():
            if text_set.n_test and seed and not name.startswith(OURS):
                continue
            began = time.perf_counter()
            classifier.fit(texts[training], y[training])
            seconds = time.perf_counter() - began
            accuracy, loss = np.mean(classifier.predict(texts[test]) == y[test]), np.nan
            if hasattr(classifier, "predict_proba"):
                probabilities = classifier.predict_proba(texts[test])
                loss = log_loss(y[test], probabilities, labels=classifier.classes_)
            found.setdefault(name, []).append([accuracy, loss, seconds])
            print(
                f"{text_set.name:10} {seed} {name:24} {accuracy:.4f} {loss:.3f} {seconds:.1f} s",
                flush=True,
            )
    return found


def table(results):
    """Return accuracies by set, their mean, and mean log loss and seconds, in Markdown."""
    sets = list(results)
    means = {
        name: np.array([np.mean(results[s][name], axis=0) for s in sets])
        for name in results[sets[0]]
    }
    lines = [
        f"| classifier | {' | '.join(sets)} | mean | log loss | seconds |",
        "|---|" + "---|" * (len(sets) + 3),
    ]
    for name, values in means.items():
        cells = " | ".join(f"{value:.3f}" for value in values[:, 0])
        mean, loss, seconds = values.mean(axis=0)
        lines.append(f"| {name} | {cells} | {mean:.4f} | {loss:.3f} | {seconds:.1f} |")
    baselines = [name for name in means if not name.startswith(OURS)]
    best = max(baselines, key=lambda name: means[name][:, 0].mean())
    lines += ["", f"Difference to {best}, the best baseline on the mean, paired over the sets:", ""]
    for name in means.keys() - set(baselines) if len(sets) > 1 else ():
        gains = means[name][:, 0] - means[best][:, 0]
        half = stats.t.ppf(0.975, len(gains) - 1) * stats.sem(gains)
        mean = gains.mean()
        lines.append(f"- {name}: {mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]")
    return "\n".join(lines)


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="with MR, CR, TREC and Banking77")
    parser.add_argument("--sentences", type=Path, help="with the UCI sentences")
    parser.add_argument("--vectors", help="file of word vectors")
    parser.add_argument("--sets", nargs="+", default=text_sets.NAMES, choices=text_sets.NAMES)
    parser.add_argument("--output", type=Path, help="JSON file; sets that it holds are not rerun")
    args = parser.parse_args(argv)
    with quiet_tensorflow():
        importlib.import_module("sklearn_textnn.classifiers._classifier")
    results = {}
    if args.output is not None and args.output.exists():
        results = json.loads(args.output.read_text())
    for name in args.sets:
        if name not in results:
            text_set = text_sets.load(name, args.folder, args.sentences)
            results[name] = measure(text_set, args.vectors)
            if args.output is not None:
                args.output.write_text(json.dumps(results))
    print(table({name: results[name] for name in args.sets}))


if __name__ == "__main__":
    main()
