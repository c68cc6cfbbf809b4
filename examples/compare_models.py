"""Do neural networks beat word counts on these texts? A comparison by nested cross-validation.

Two baselines (logistic regression on word counts and on tf-idf) and three networks (dense on
counts, pooled embeddings, convolutional) are tuned by a random search within every outer fold. A
support vector classifier on n-grams and text_classifier, an average of linear models and networks,
run with their defaults. All of them are scored on the held-out part of each fold.

The script prints a table, the paired differences to the first baseline and the winner. It saves the
scores and a plot, fits the best classifier on all texts, saves it, and classifies new sentences.

    python examples/compare_models.py                                   the reviews of the package
    python examples/compare_models.py --data sentiment                  the UCI sentences
    python examples/compare_models.py --data mine.csv --text-column body --label-column topic
    python examples/compare_models.py --data mine.txt --sep ";" --encoding cp1252
"""

import argparse
import csv
import io
import os
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

# TensorFlow reads this when it is imported, here and in the processes of --n-jobs: one thread for
# each of its small operations, since dividing them among threads is slower.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import joblib
import matplotlib
import numpy as np
from scipy.stats import loguniform
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.utils.fixes import parse_version

from sklearn_textnn import compare_classifiers, fetch_sentiment_sentences, load_reviews
from sklearn_textnn.inspection import ComparisonDisplay
from sklearn_textnn.utils import quiet_tensorflow

matplotlib.use("Agg")  # plots are saved to files

# A baseline is fitted in a few hundredths of a second, so it can try more candidates.
BASELINE_CANDIDATES_PER_CANDIDATE = 4
INNER_FOLDS = 2
N_NEW = 5  # rows of a file to set aside and to classify at the end

QUOTING = {"quoted": "quotation marks enclose fields", "plain": "quotation marks are text"}

NEW_REVIEWS = [
    "Great food, friendly staff, and we will be back soon.",
    "The worst phone I have owned: it broke after a week and nobody answered.",
    "I expected a good film and got a boring one.",
    "Not once in two hours did I look at my watch.",
    "It works, I suppose, if you hold it at the right angle and pray.",
]


class Corpus(NamedTuple):
    """Texts with the names of their classes, and others to classify at the end."""

    origin: str
    texts: list
    labels: np.ndarray
    new_texts: list
    new_labels: list | None = None


def parse_arguments(argv):
    """Return the parser, for its errors, and the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", default="reviews", help="reviews (default), sentiment, or a .csv or .tsv file")
    add("--data-home", help="for sentiment: cache folder, or a copy of the data (zip or folder)")
    add("--text-column", default="text", help="column of the texts (default: text)")
    add("--label-column", default="label", help="column of the labels (default: label)")
    add("--encoding", default="utf-8-sig", help="of the file (default: UTF-8)")
    add("--sep", type=_separator, help="of the file (default: tab for .tsv and .txt, else comma)")
    add(
        "--quoting",
        choices=["detect", *QUOTING],
        default="detect",
        help="whether quotation marks enclose fields or are part of texts (default: detect)",
    )
    add("--models", nargs="+", choices=list(MODELS), default=list(MODELS), help="default: all")
    add("--folds", type=_at_least(2), default=5, help="outer folds (default: 5)")
    add(
        "--candidates",
        type=_at_least(1),
        default=5,
        help="candidates for each network (default: 5)",
    )
    add(
        "--epochs",
        type=_at_least(1),
        default=15,
        help="of each network, except in text_classifier (default: 15)",
    )
    add("--n-jobs", type=int, help="folds to run in parallel, in processes (default: 1)")
    add("--seed", type=int, default=0, help="of folds, searches and networks (default: 0)")
    add("--output", type=Path, default=Path("demo_output"), help="folder (default: demo_output)")
    add("--quick", action="store_true", help="60 texts, 2 folds, 1 candidate, 2 epochs")
    args = parser.parse_args(argv)
    if args.quick:
        args.folds, args.candidates, args.epochs = 2, 1, 2
    return parser, args


def _separator(text):
    sep = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(sep) != 1 or sep in '"\r\n':
        raise argparse.ArgumentTypeError(f"got {text!r}, expected one character, or tab")
    return sep


def _at_least(smallest):
    def number(text):
        if int(text) < smallest:
            raise argparse.ArgumentTypeError(f"got {text}, expected {smallest} or more")
        return int(text)

    return number


def load_corpus(args):
    """Load the texts of ``--data``; raise ValueError or OSError if they are unsuitable."""
    if args.data == "reviews":
        bunch = load_reviews()
        corpus = Corpus("reviews", bunch.data, bunch.target_names[bunch.target], NEW_REVIEWS)
    elif args.data == "sentiment":
        bunch = fetch_sentiment_sentences(data_home=args.data_home)
        corpus = Corpus("sentiment", bunch.data, bunch.target_names[bunch.target], NEW_REVIEWS)
    else:
        corpus = read_corpus(Path(args.data), args)
    check_classes(corpus, args.folds)
    if args.quick and len(corpus.texts) > 60:
        texts, _, labels, _ = train_test_split(
            corpus.texts, corpus.labels, train_size=60, stratify=corpus.labels, random_state=0
        )
        corpus = corpus._replace(texts=texts, labels=labels)
    return corpus


def read_corpus(path, args):
    """Read texts and labels from a file, and set a few rows aside."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}; expected reviews, sentiment or a .csv file")
    sep = args.sep or ("\t" if path.suffix in {".tsv", ".txt"} else ",")
    try:
        (header, *rows), quoting = read_table(path, args.encoding, sep, args.quoting)
    except ValueError as error:
        raise ValueError(f"cannot read {path} as a table: {error}") from error
    print(f"{len(rows)} rows read from {path} ({QUOTING[quoting]}, separator {sep!r})")
    texts = select_column(path, header, rows, "--text-column", args.text_column)
    labels = np.array(select_column(path, header, rows, "--label-column", args.label_column))
    if len(texts) <= N_NEW:
        raise ValueError(f"{path} has {len(texts)} rows; a comparison takes some dozens at least")
    texts, new_texts, labels, new_labels = train_test_split(
        texts, labels, test_size=N_NEW, random_state=args.seed
    )
    return Corpus(path.name, texts, labels, new_texts, list(new_labels))


def read_table(path, encoding, sep, quoting):
    """Return all rows as (line, fields), and the quoting.

    The quoting is detected if only one gives each row as many fields as the header has, or if both
    give the same number of rows. Otherwise a ValueError states the line that cannot be read.
    """
    content = path.read_bytes()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"line {line} holds the byte 0x{content[error.start]:02x}, which is not {encoding}; "
            "name the encoding by --encoding, such as cp1252 or utf-16"
        ) from error
    except LookupError as error:
        raise ValueError(f"{error}; name another --encoding") from error
    readings, errors = {}, []
    for name in QUOTING if quoting == "detect" else [quoting]:
        try:
            readings[name] = parse(text, sep, name)
        except ValueError as error:
            errors.append(f"{error} ({QUOTING[name]})")
    if not readings:
        raise ValueError("; ".join(errors) + "; mend it, or choose by --sep and --quoting")
    if len(set(map(len, readings.values()))) > 1:
        found = " or ".join(f"{len(rows) - 1} ({QUOTING[n]})" for n, rows in readings.items())
        raise ValueError(f"it may have {found} rows; say by --quoting which it has")
    quoting, rows = next(iter(readings.items()))
    return rows, quoting


def parse(text, sep, quoting):
    """Split a text into rows with as many fields as the header; raise ValueError for any other."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    quoting = csv.QUOTE_MINIMAL if quoting == "quoted" else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=sep, quoting=quoting, strict=True)
    rows, line = [], 1
    try:
        for fields in reader:
            if rows and fields and len(fields) != len(rows[0][1]):
                n_fields = len(rows[0][1])
                raise ValueError(f"line {line} has {len(fields)} fields, the header {n_fields}")
            if fields:  # else the line is empty
                rows.append((line, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line}: {error}") from error
    if not rows:
        raise ValueError("it is empty")
    return rows


def select_column(path, header, rows, option, column):
    """Return the fields of a column; raise ValueError if one is empty."""
    names = header[1]
    if names.count(column) != 1:
        raise ValueError(
            f"{path} has {'two columns' if column in names else 'no column'} {column!r}; name one "
            f"of {names} by {option}, or the separator by --sep"
        )
    place = names.index(column)
    blank = [i for i, (_, fields) in enumerate(rows) if not fields[place].strip()]
    if blank:
        raise ValueError(
            f"column {column!r} of {path} is empty in {len(blank)} rows, the first of them row "
            f"{blank[0] + 1} in line {rows[blank[0]][0]}; fill them or take them out"
        )
    return [fields[place] for _, fields in rows]


def check_classes(corpus, n_folds):
    """Raise ValueError if a class has too few texts for the folds."""
    counts = Counter(corpus.labels.tolist())
    if len(counts) < 2:
        raise ValueError(f"all texts have the label {next(iter(counts))!r}; expected two or more")
    # The training part of an outer fold needs a text of each class per inner fold.
    needed = max(n_folds, INNER_FOLDS + 1)
    rare = {label: count for label, count in counts.items() if count < needed}
    if rare:
        raise ValueError(
            f"{n_folds} folds need {needed} texts of each class, got {rare}; add some, take the "
            "class out, or choose fewer --folds"
        )


def counts_lr(args):
    """Word counts, logistic regression."""
    pipeline = Pipeline([("counts", CountVectorizer()), ("clf", LogisticRegression(max_iter=1000))])
    return pipeline, {"clf__C": loguniform(0.1, 100), "counts__ngram_range": [(1, 1), (1, 2)]}


def tfidf_lr(args):
    """Weighted word counts, logistic regression."""
    pipeline = Pipeline([("tfidf", TfidfVectorizer()), ("clf", LogisticRegression(max_iter=1000))])
    return pipeline, {
        "clf__C": loguniform(0.1, 100),
        "tfidf__ngram_range": [(1, 1), (1, 2)],
        "tfidf__sublinear_tf": [False, True],
    }


def ngrams_svc(args):
    """n-grams of words and of characters, support vector classifier; nothing to search for."""
    from sklearn_textnn.pipelines import make_baselines

    return make_baselines()["n-grams + SVC"], {}


def dense(args):
    """Word counts, one hidden layer."""
    from sklearn_textnn import DenseNetwork

    pipeline = Pipeline([("counts", CountVectorizer()), ("clf", _keras(DenseNetwork(), args))])
    return pipeline, {
        "counts__ngram_range": [(1, 1), (1, 2)],
        "clf__model__units": [10, 30],
        "clf__model__dropout": [0.0, 0.5],
        "clf__optimizer__learning_rate": loguniform(1e-3, 1e-2),
    }


def pooling(args):
    """Embedded words, pooled over the text."""
    from sklearn_textnn import PoolingNetwork

    return _on_token_ids(PoolingNetwork(), args), {
        "clf__model__embedding_dim": [20, 50],
        "clf__model__pooling": ["max", "average", ("max", "average")],
        "clf__model__dropout": [0.0, 0.3],
        "clf__optimizer__learning_rate": loguniform(1e-3, 1e-2),
    }


def cnn(args):
    """Embedded words, windows of several widths."""
    from sklearn_textnn import ConvolutionalNetwork

    return _on_token_ids(ConvolutionalNetwork(), args), {
        "clf__model__num_filters": [32, 64],
        "clf__model__kernel_size": [3, (1, 2, 3)],
        "clf__model__dropout": [0.0, 0.3],
        "clf__optimizer__learning_rate": loguniform(1e-3, 1e-2),
    }


def averaged(args):
    """Linear models and networks, averaged; nothing to search for."""
    from sklearn_textnn import text_classifier

    return text_classifier(random_state=args.seed), {}


def _on_token_ids(network, args):
    from sklearn_textnn import KerasTokenizerTransformer, PadTransformer

    return Pipeline(
        [
            ("tokens", KerasTokenizerTransformer()),
            ("pad", PadTransformer()),
            ("clf", _keras(network, args)),
        ]
    )


def _keras(network, args):
    return start_tensorflow()(network, epochs=args.epochs, random_state=args.seed, verbose=0)


def start_tensorflow():
    """Import TensorFlow without its messages about GPUs; return the classifier.

    Since this takes seconds, arguments and data are checked first. Each process of --n-jobs calls
    it at its start.
    """
    with quiet_tensorflow():
        from sklearn_textnn import KerasTextClassifier
    return KerasTextClassifier


def parallel_processes(args):
    """Return the context for the processes of --n-jobs."""
    knows_initializer = parse_version(joblib.__version__) >= parse_version("1.5")
    if knows_initializer and NETWORKS.keys() & args.models:
        return joblib.parallel_config(backend="loky", initializer=start_tensorflow)
    return nullcontext()


BASELINES = {
    "counts": ("counts + LR", counts_lr),
    "tfidf": ("tf-idf + LR", tfidf_lr),
    "svc": ("n-grams + SVC", ngrams_svc),
}
NETWORKS = {
    "dense": ("dense on counts", dense),
    "pooling": ("pooled embeddings", pooling),
    "cnn": ("CNN", cnn),
}
MODELS = BASELINES | NETWORKS | {"averaged": ("text_classifier", averaged)}


def make_searches(args):
    """Return the models by name, each in a random search if it has parameters to tune."""
    searches = {}
    for key in dict.fromkeys(args.models):
        name, make = MODELS[key]
        pipeline, distributions = make(args)
        if not distributions:
            searches[name] = pipeline
            continue
        factor = BASELINE_CANDIDATES_PER_CANDIDATE if key in BASELINES else 1
        searches[name] = RandomizedSearchCV(
            pipeline,
            distributions,
            n_iter=factor * args.candidates,
            cv=StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=args.seed),
            random_state=args.seed,
            error_score="raise",
        )
    return searches


def describe_work(corpus, searches, args):
    """Print what will be compared."""
    classes = ", ".join(f"{label} {n}" for label, n in sorted(Counter(corpus.labels).items()))
    print(f"{corpus.origin}: {len(corpus.texts)} texts ({classes})")
    print(
        f"{len(searches)} classifiers on {args.folds} outer folds. Within each, a random search "
        f"over {INNER_FOLDS} inner folds:\n"
        f"{BASELINE_CANDIDATES_PER_CANDIDATE * args.candidates} candidates for a baseline, "
        f"{args.candidates} for a network, which takes longer ({args.epochs} epochs each); "
        "n-grams + SVC and text_classifier are not searched.",
        flush=True,
    )


def print_differences(comparison):
    """Print the paired differences of the classifiers to the first one."""
    baseline = comparison.classifiers[0]
    print(
        f"\nDifference to {baseline}, paired over folds (95 % corrected resampled t interval; p by "
        f"Holm's method, for {len(comparison.classifiers) - 1} comparisons)"
    )
    for name, row in comparison.differences(baseline).iterrows():
        interval = f"[{row['low']:+.3f}, {row['high']:+.3f}]"
        p = f"p = {row['p_holm']:.2f}" if row["p_holm"] >= 0.01 else "p < 0.01"
        print(f"{name:<20} {row['mean']:+.3f}  {interval}  {p}")


def print_winner(comparison):
    """Print whether another classifier beats the baselines."""
    means = comparison.to_frame()["mean_test_accuracy"]
    baselines = means.filter([name for name, _ in BASELINES.values()])
    others = means.drop(baselines.index)
    if baselines.empty or others.empty:
        return
    baseline, other = baselines.idxmax(), others.idxmax()
    row = comparison.differences(baseline).loc[other]
    verdict = (
        "the baseline wins"
        if row["mean"] < 0
        else "it wins"
        if row["low"] > 0 or (row["sd"] == 0 and row["mean"] > 0)  # ahead by as much in every fold
        else "it is ahead, but so little that it may be chance"
    )
    print(
        f"\nBest of the baselines: {baseline}. Best of the others: {other}, {row['mean']:+.3f} "
        f"[{row['low']:+.3f}, {row['high']:+.3f}]: {verdict}."
    )


def save_scores(comparison, folder):
    """Write the scores, as tables and as a plot."""
    comparison.to_csv(folder / "comparison.csv")
    comparison.to_json(folder / "comparison.json")
    ComparisonDisplay.from_comparison(comparison).plot().figure_.savefig(
        folder / "scores.png", dpi=150
    )
    print(f"\nWrote comparison.csv, comparison.json and scores.png to {folder}/")


def classify_new(comparison, corpus, folder):
    """Save the best pipeline, load it, and classify new texts."""
    path = folder / "best_pipeline.joblib"
    best = comparison.best_estimator_
    joblib.dump(getattr(best, "best_estimator_", best), path)
    print(f"Saved {comparison.best_name_}, fitted on all texts, as {path}; it says:\n")
    pipeline = joblib.load(path)
    labels = [str(label) for label in pipeline.predict(corpus.new_texts)]
    if hasattr(pipeline, "predict_proba"):  # n-grams + SVC has none
        sure = pipeline.predict_proba(corpus.new_texts).max(axis=1)
        labels = [f"{label} {share:.2f}" for label, share in zip(labels, sure, strict=True)]
    for row, label in enumerate(labels):
        if corpus.new_labels:
            label += f" (labelled {corpus.new_labels[row]})"
        print(f"{label:<16} {corpus.new_texts[row]}")


def main(argv=None):
    """Run the comparison."""
    parser, args = parse_arguments(argv)
    try:
        corpus = load_corpus(args)
        args.output.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    searches = make_searches(args)
    describe_work(corpus, searches, args)
    with parallel_processes(args):
        comparison = compare_classifiers(
            searches,
            corpus.texts,
            corpus.labels,
            cv=args.folds,
            n_jobs=args.n_jobs,
            refit=True,
            random_state=args.seed,
            verbose=1,
        )
    print(f"\n{comparison}")
    if len(searches) > 1:
        print_differences(comparison)
        print_winner(comparison)
    save_scores(comparison, args.output)
    classify_new(comparison, corpus, args.output)


if __name__ == "__main__":
    main()
