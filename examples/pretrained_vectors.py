"""How much pretrained word vectors gain, and those of words unseen in training.

Two experiments on raw texts, by cross-validation that learns nothing from held-out texts:

``keep``: a convolutional network on GloVe vectors. Words unseen in training are dropped
(``unknown="drop"``, as in Keras) or looked up (``unknown="keep"``).

``search``: nested cross-validation of a search over the network, whether it trains the vectors, and
the vector of words that have none; compared with word counts and mean vectors, each with logistic
regression.

    python examples/pretrained_vectors.py --n-jobs 2             UCI sentences and GloVe, fetched
    python examples/pretrained_vectors.py --data-home FOLDER --vectors glove.6B.zip
    python examples/pretrained_vectors.py --data reviews --parts keep --seeds 3
"""

import argparse
import os
from pathlib import Path

# TensorFlow reads this when it is imported: one thread for each of its small operations, since
# dividing them among threads is slower.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import joblib
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    train_test_split,
)
from sklearn.pipeline import Pipeline

import sklearn_textnn as textnn  # imports Keras only when a network is used
from sklearn_textnn.model_selection import ClassifierComparison
from sklearn_textnn.utils import quiet_tensorflow

SOURCES = {
    "sentiment": ("yelp", "amazon", "imdb"),
    "reviews": ("restaurants", "phones", "films"),
}
MAXLEN = 100  # nearly all texts are shorter


def pooling_network():
    """Average and maximum of the word vectors."""
    return textnn.PoolingNetwork(pooling=("average", "max"), dropout=0.3)


def convolutional_network():
    """Make Kim's network (2014) with windows of one to three words."""
    return textnn.ConvolutionalNetwork(
        num_filters=100, kernel_size=(1, 2, 3), units=None, dropout=0.5
    )


def network_on_vectors(network, vectors, unknown, seed, args):
    """Return a pipeline from raw texts to probabilities."""
    clf = textnn.KerasTextClassifier(network, epochs=args.epochs, random_state=seed)
    return Pipeline(
        [
            ("tokens", textnn.KerasTokenizerTransformer(unknown=unknown)),
            ("pad", textnn.PadTransformer(maxlen=MAXLEN)),
            ("glove", textnn.GloVeEmbedder(vectors)),
            ("clf", clf),
        ]
    )


def compare(classifiers, texts, y, seed, args):
    """Compare on stratified folds, in threads, which share TensorFlow and compiled programs."""
    with joblib.parallel_config(backend="threading"):
        return textnn.compare_classifiers(
            classifiers, texts, y, cv=args.folds, n_jobs=args.n_jobs, random_state=seed
        )


def drop_against_keep(texts, y, vectors, args):
    """Compare both settings on the same folds; each seed has other folds and weights."""
    scores = []
    for seed in range(args.seeds):
        pipelines = {
            unknown: network_on_vectors(convolutional_network(), vectors, unknown, seed, args)
            for unknown in ("drop", "keep")
        }
        one = compare(pipelines, texts, y, seed, args)
        scores.append(one.scores.assign(fold=one.scores["fold"] + seed * args.folds))
    return ClassifierComparison(pd.concat(scores))


def nested_search(texts, y, vectors, args):
    """Compare three searches, each repeated within every outer fold."""
    logistic = LogisticRegression(max_iter=1000)
    counts = Pipeline([("counts", CountVectorizer()), ("clf", logistic)])
    means = Pipeline([("glove", textnn.GloVeEmbedder(vectors, output="mean")), ("clf", logistic)])
    network = network_on_vectors(None, vectors, "keep", 0, args)

    folds = StratifiedKFold(args.inner_folds, shuffle=True, random_state=0)
    strength = {"clf__C": [0.03, 0.3, 3, 30]}
    # Words without a vector get zeros or noise; "strip" first looks them up without quotes.
    oov = {"glove__oov": ["zero", "random", "strip", ("strip", "random")]}
    # `clf__model` is set first; `clf__model__trainable` is a parameter of that network.
    space = [
        {"clf__model": [pooling_network()], "clf__model__trainable": [False, True]} | oov,
        {
            "clf__model": [convolutional_network()],
            "clf__model__trainable": [False, True, "both"],
        }
        | oov,
    ]
    searches = {
        "counts + LR": GridSearchCV(counts, strength, cv=folds),
        "mean GloVe + LR": GridSearchCV(means, strength, cv=folds),
        "networks on GloVe": RandomizedSearchCV(
            network, space, n_iter=args.candidates, cv=folds, random_state=0
        ),
    }
    return compare(searches, texts, y, 0, args)


PARTS = {"keep": drop_against_keep, "search": nested_search}


def describe_unseen(texts, vectors, args):
    """Return a line on the words of held-out folds that are unseen in training."""
    train, test = train_test_split(texts, test_size=1 / args.folds, random_state=0)
    tokens = textnn.KerasTokenizerTransformer(unknown="keep").fit(train).transform(test)
    unseen = tokens.ids[tokens.ids >= tokens.vocabulary.n_known]
    covered = vectors.rows_of([tokens.vocabulary.words[i] for i in unseen]) >= 0
    return (
        f"{len(texts)} texts; {len(unseen) / len(tokens.ids):.1%} of the words of a held-out fold "
        f"are new, {np.mean(covered):.0%} of which have vectors"
    )


def describe_differences(comparison):
    """Return a line for each difference to the first classifier, paired over the folds."""
    baseline = comparison.classifiers[0]
    for name, row in comparison.differences(baseline).iterrows():
        interval = f"[{row['low']:+.3f}, {row['high']:+.3f}]"
        yield f"{name} - {baseline}: {row['mean']:+.3f} {interval}, p = {row['p_value']:.3f}"


def load_sources(args):
    """Load texts and labels by source; a part of them for ``--quick``."""
    sources = {}
    for name in SOURCES[args.data]:
        if args.data == "reviews":
            texts, y = textnn.load_reviews(source=name, return_X_y=True)
        else:
            texts, y = textnn.fetch_sentiment_sentences(
                subset=name,
                legacy_quoting=True,  # 748 sentences of imdb, as in the other examples
                data_home=args.data_home,
                return_X_y=True,
            )
        if args.quick:
            texts, _, y, _ = train_test_split(texts, y, train_size=60, stratify=y, random_state=0)
        sources[name] = texts, y
    return sources


def load_vectors(path):
    """Read vectors from a file of any format; from a zip of GloVe those of 50 dimensions."""
    if path is None or path.suffix == ".zip":
        path = textnn.fetch_glove("6B", 50, data_home=path)
    return textnn.WordVectors.read(path)


def make_parser():
    """Return the argument parser."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", choices=list(SOURCES), default="sentiment", help="default: sentiment")
    add(
        "--data-home",
        type=Path,
        help="folder or zip of the UCI sentences, or a folder to download them to",
    )
    add("--vectors", type=Path, help="file of word vectors, or glove.6B.zip (default: fetched)")
    add("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), help="default: both")
    seeds = range(1, 101)
    add("--seeds", type=int, choices=seeds, default=5, metavar="N", help="for keep (default: 5)")
    add("--n-jobs", type=int, default=1, help="folds to run in parallel, in threads (default: 1)")
    add("--output", type=Path, metavar="FOLDER", help="write the scores, fold by fold, as CSV")
    add("--quick", action="store_true", help="60 texts, 1 seed, 2 folds, 2 epochs")
    parser.set_defaults(folds=4, inner_folds=3, candidates=6, epochs=20)
    return parser


def main(argv=None):
    """Run the experiments."""
    parser = make_parser()
    args = parser.parse_args(argv)
    if args.quick:
        vars(args).update(folds=2, inner_folds=2, seeds=1, candidates=2, epochs=2)
    try:
        if args.vectors is not None and not args.vectors.is_file():
            raise OSError(f"there is no file {args.vectors}")
        sources, vectors = load_sources(args), load_vectors(args.vectors)
        if args.output is not None:
            args.output.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    with quiet_tensorflow():
        _ = textnn.KerasTextClassifier
    for part in args.parts:
        for name, (texts, y) in sources.items():
            print(f"{part}, {name}: {describe_unseen(texts, vectors, args)}", flush=True)
            comparison = PARTS[part](texts, y, vectors, args)
            print(comparison, *describe_differences(comparison), "", sep="\n", flush=True)
            if args.output is not None:
                comparison.to_csv(args.output / f"{part}_{name}.csv")


if __name__ == "__main__":
    main()
