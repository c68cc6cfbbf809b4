"""Accuracy of networks with various settings, from which the defaults were chosen.

    python -m benchmarks.network_defaults --folder FOLDER --sentences FOLDER --table convolution

Each setting is trained on the same random splits of the training data of each set, see
`text_sets.development_splits`; official test sets are not used. With `--vectors` the networks
start from pretrained ones. A default is chosen by the mean over the sets, never by one of them.

`--table averages` compares the members of `text_classifier` without vectors with alternatives.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    ConvolutionalNetwork,
    GloVeEmbedder,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
)
from sklearn_textnn.pipelines import make_baselines, text_classifier
from sklearn_textnn.preprocessing import NgramTransformer

from . import text_sets

# Rows of the tables by name: (network, its arguments, arguments of the classifier), with n-grams
# also their arguments.
_BOTH = ("average", "max")
_LONG = {"epochs": 10, "batch_size": 64, "optimizer__learning_rate": 0.002}
_FAST = {"epochs": 10, "batch_size": 64, "optimizer__learning_rate": 0.005}
_KIM = {"kernel_size": (1, 2, 3), "units": None, "num_filters": 100, "embedding_dim": 50}
_BAG = {"embedding_dim": 100, "pooling": _BOTH, "units": None}
_AUTO = {"epochs": "auto", "batch_size": 32}
_CHARS = {"char_ngram_range": (3, 6)}
_CNN, _DAN = ConvolutionalNetwork, PoolingNetwork
TABLES = {
    "convolution": {
        "tutorial: 5, 128 filters, 10 units": (
            _CNN,
            {"kernel_size": 5, "num_filters": 128, "units": 10, "dropout": 0.0},
            _LONG,
        ),
        "(1, 2, 3), no hidden layer": (_CNN, _KIM | {"dropout": 0.0}, _LONG),
        "and dropout 0.5": (_CNN, _KIM | {"dropout": 0.5}, _LONG),
        "and words 0.1": (_CNN, _KIM | {"dropout": 0.5, "word_dropout": 0.1}, _LONG),
        "dropout 0.5, words 0.1, vectors 0.2": (
            _CNN,
            _KIM | {"dropout": 0.5, "word_dropout": 0.1, "vector_dropout": 0.2},
            _LONG,
        ),
        "(3, 4, 5), dropout 0.5, words 0.1": (
            _CNN,
            _KIM | {"kernel_size": (3, 4, 5), "dropout": 0.5, "word_dropout": 0.1},
            _LONG,
        ),
    },
    "training": {
        "10 epochs of batches of 64, rate 0.002": (_CNN, _KIM | {"dropout": 0.5}, _LONG),
        "auto epochs of 32, rate 0.001": (_CNN, _KIM | {"dropout": 0.5}, _AUTO),
        "auto epochs of 32, rate 0.002": (
            _CNN,
            _KIM | {"dropout": 0.5},
            _AUTO | {"optimizer__learning_rate": 0.002},
        ),
        "the same, no dropout": (
            _CNN,
            _KIM | {"dropout": 0.0},
            _AUTO | {"optimizer__learning_rate": 0.002},
        ),
        "auto epochs of 64, rate 0.002": (
            _CNN,
            _KIM | {"dropout": 0.5},
            _AUTO | {"batch_size": 64, "optimizer__learning_rate": 0.002},
        ),
    },
    "pooling": {
        "tutorial: max, 10 units": (
            _DAN,
            {"embedding_dim": 50, "pooling": "max", "units": 10, "dropout": 0.0},
            _FAST,
        ),
        "average and max, 10 units": (_DAN, _BAG | {"units": 10}, _FAST),
        "average and max, 64 units": (_DAN, _BAG | {"units": 64}, _FAST),
        "average and max, no hidden layer": (_DAN, _BAG, _FAST),
        "and dropout 0.3": (_DAN, _BAG | {"dropout": 0.3}, _FAST),
        "and words 0.1": (_DAN, _BAG | {"dropout": 0.3, "word_dropout": 0.1}, _FAST),
        "and words 0.3": (_DAN, _BAG | {"dropout": 0.3, "word_dropout": 0.3}, _FAST),
        "dropout 0.3, words 0.2, vectors 0.2": (
            _DAN,
            _BAG | {"dropout": 0.3, "word_dropout": 0.2, "vector_dropout": 0.2},
            _FAST,
        ),
    },
    "n-grams": {
        "words": (_DAN, {}, _FAST),
        "and pairs, 2**12 rows": (_DAN, {}, _FAST, {"n_buckets": 2**12}),
        "and pairs, 2**14 rows": (_DAN, {}, _FAST, {"n_buckets": 2**14}),
        "and pairs, 2**16 rows": (_DAN, {}, _FAST, {"n_buckets": 2**16}),
        "and triples, 2**16 rows": (_DAN, {}, _FAST, {"ngram_range": (1, 3)}),
        "words and 3 to 6 characters": (_DAN, {}, _FAST, {"ngram_range": (1, 1)} | _CHARS),
        "words, pairs and 3 to 6 characters": (_DAN, {}, _FAST, _CHARS),
    },
}

# The members of each row of the table "averages"; see `make_members`.
AVERAGES = (
    ("SVC",),
    ("tf-idf",),
    ("ratios",),
    ("dense",),
    ("convolution",),
    ("words", "characters", "convolution"),
    ("words", "characters", "dense"),
    ("tf-idf", "dense"),
    ("tf-idf", "ratios"),
    ("tf-idf", "ratios of words", "dense"),
    ("tf-idf", "ratios", "convolution"),
    ("tf-idf", "ratios", "dense"),
)


def main(argv=None):
    args = _make_parser().parse_args(argv)
    results = {}
    for name in args.sets:
        text_set = text_sets.load(name, args.folder, args.sentences)
        draws = text_sets.development_splits(text_set, args.splits, args.most)
        runs = [measure_rows(text_set, draw, args) for draw in draws]
        for row in runs[0]:
            results.setdefault(row, {})[name] = np.mean([run[row] for run in runs], 0).tolist()
            print(f"{name:10} {row:40} {np.round(results[row][name], 4)}", flush=True)
    print(table(results, args.sets))
    if args.output is not None:
        args.output.write_text(json.dumps(results, indent=2) + "\n")


def measure_rows(text_set, draw, args):
    """Return accuracy, log loss and seconds on one split by row."""
    if args.table == "averages":
        return measure_averages(text_set, draw)
    rows = TABLES[args.table].items()
    return {row: measure(text_set, draw, setting, args) for row, setting in rows}


def measure_averages(text_set, draw):
    """Fit each member once, and evaluate each average."""
    training, test, seed = draw
    texts, y, found = np.array(text_set.texts, dtype=object), text_set.y, {}
    for name, member in make_members(seed).items():
        began = time.perf_counter()
        member.fit(texts[training], y[training])
        seconds = time.perf_counter() - began
        found[name] = _values(member, texts[test]), seconds
    classes, rows = np.unique(y[training]), {}
    for names in AVERAGES:
        values = np.mean([found[name][0] for name in names], axis=0)
        hits = classes[values.argmax(axis=1)] == y[test]
        loss = np.nan if "SVC" in names else log_loss(y[test], values, labels=classes)
        rows[" + ".join(names)] = hits.mean(), loss, sum(found[name][1] for name in names)
    return rows


def _values(member, texts):
    """Return probabilities, or the decision function of classifiers without."""
    if hasattr(member, "predict_proba"):
        found = member.predict_proba(texts).astype(float)
        return found / found.sum(axis=1, keepdims=True)
    found = member.decision_function(texts)
    return found if found.ndim == 2 else np.column_stack([-found, found])


def make_members(seed):
    """Return possible members by name: those of `text_classifier`, and alternatives."""
    members = dict(text_classifier(n_members=1, random_state=seed).estimators)
    baselines = make_baselines()
    pairs = CountVectorizer(ngram_range=(1, 2), binary=True)
    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    network = _CNN(**_KIM, dropout=0.5, word_dropout=0.2)
    training = _LONG | {"batch_size": 128, "random_state": seed}
    return {
        "SVC": baselines["n-grams + SVC"],
        "tf-idf": members["tfidf"],
        "ratios": members["ratios"],
        "dense": members["network"],
        "words": baselines["tf-idf + LR"],
        "characters": make_pipeline(runs, LogisticRegression(C=10, solver="saga", tol=0.01)),
        "ratios of words": make_pipeline(pairs, members["ratios"][-1]),
        "convolution": make_pipeline(
            KerasTokenizerTransformer(unknown="drop"),
            PadTransformer(0.99),
            KerasTextClassifier(network, **training),
        ),
    }


def measure(text_set, draw, setting, args):
    """Return accuracy, log loss and seconds of one fit."""
    training, test, seed = draw
    network, of_network, of_classifier, *of_ngrams = setting
    if network is _CNN and args.vectors is not None:
        of_network = of_network | {"trainable": "both"}
    steps = [KerasTokenizerTransformer(unknown="keep")]
    steps += [*(NgramTransformer(**params) for params in of_ngrams), PadTransformer()]
    if args.vectors is not None:
        steps.append(GloVeEmbedder(args.vectors))
    classifier = KerasTextClassifier(network(**of_network), random_state=seed, **of_classifier)
    texts = np.array(text_set.texts, dtype=object)
    began = time.perf_counter()
    fitted = make_pipeline(*steps, classifier).fit(texts[training], text_set.y[training])
    seconds = time.perf_counter() - began
    probabilities, y = fitted.predict_proba(texts[test]), text_set.y[test]
    hits = fitted.classes_[probabilities.argmax(axis=1)] == y
    return hits.mean(), log_loss(y, probabilities, labels=fitted.classes_), seconds


def table(results, sets):
    """Return the means as a table in Markdown."""
    lines = [
        "| setting | " + " | ".join(sets) + " | mean | log loss | seconds |",
        "|---|" + "---|" * (len(sets) + 3),
    ]
    for row, by_set in results.items():
        values = np.array([by_set[name] for name in sets])
        accuracies = " | ".join(f"{value:.3f}" for value in values[:, 0])
        mean, loss, _ = values.mean(axis=0)
        seconds = values[:, 2].sum()
        lines.append(f"| {row} | {accuracies} | {mean:.4f} | {loss:.3f} | {seconds:.0f} |")
    return "\n".join(lines)


def _make_parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="MR, CR, TREC, Banking77")
    parser.add_argument("--sentences", type=Path, help="the UCI sentences")
    parser.add_argument("--vectors", type=Path, help="a file of vectors; default: random ones")
    parser.add_argument("--table", choices=[*TABLES, "averages"], required=True)
    parser.add_argument("--sets", nargs="+", choices=text_sets.NAMES, default=text_sets.NAMES)
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--most", type=int, help="texts to train on at most")
    parser.add_argument("--output", type=Path, help="where to write the figures, as JSON")
    return parser


if __name__ == "__main__":
    main()
