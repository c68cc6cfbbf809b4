"""Benchmark sklearn_textnn against alternatives, and print the table.

Both sides of a row run in one process with the same thread settings, TensorFlow imported before
the clock starts.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from . import machine, table

# In the order of the table; each is a module here with a function `measure(corpus, quick)`. That of
# vectors also takes their path, those of LARGE also `large`.
MEASUREMENTS = {
    "search": "SciKeras' KerasClassifier",
    "fit": "keras.Model.fit on plain layers; skorch and a PyTorch loop where installed",
    "predict": "Keras' Tokenizer, padding and Model.predict",
    "tokenizer": "Keras' Tokenizer",
    "vectors": "a loop over the lines; gensim's KeyedVectors",
    "pickled": "SciKeras' KerasClassifier",
    "memory": "keras.Model.fit",
    "growth": "",
    "large_tables": "keras.Model.fit",
    "many_classes": "keras.Model.fit and Model.predict",
    "serving": "tf-idf + LR; the same network on TensorFlow and in skorch; an empty handler",
}
LARGE = ("growth", "large_tables")


def main(argv=None):
    args = make_parser().parse_args(argv)
    report = {
        "machine": machine.describe(args.default_threads),
        "quick": args.quick,
        "measurements": {},
        "failed": [],
    }
    for name in args.rows:
        try:
            report["measurements"][name] = run(name, args)
        except subprocess.CalledProcessError:  # its traceback has been printed
            report["failed"].append(name)
        if args.output is not None:  # after every row, so that nothing measured is lost
            args.output.write_text(json.dumps(report, indent=2) + "\n")
    print(table.show(report))
    if args.output is not None:
        print(f"Written to {args.output}.")
    if report["failed"]:
        sys.exit(f"failed: {', '.join(report['failed'])}")


def make_parser():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--data-home",
        type=Path,
        help="folder or zip with the UCI sentences, to use yelp's; default: the embedded corpus",
    )
    add(
        "--vectors",
        type=text_file,
        metavar="FILE.txt",
        help="word vectors to read: glove.6B.50d.txt",
    )
    names = list(MEASUREMENTS)
    add("--rows", nargs="+", choices=names, default=names, metavar="ROW", help=", ".join(names))
    add("--quick", action="store_true", help="small settings, to check that everything runs")
    add(
        "--large",
        action="store_true",
        help=f"up to 1,000,000 texts and rows of a table, in the rows {' and '.join(LARGE)}",
    )
    add(
        "--default-threads",
        action="store_true",
        help="TensorFlow's own thread settings instead of 1 intra-op and 2 inter-op",
    )
    add("--output", type=Path, metavar="FILE.json", help="write all figures")
    return parser


def text_file(text):
    """Check early that a path is a text file."""
    path = Path(text)
    if not path.is_file() or zipfile.is_zipfile(path):
        raise argparse.ArgumentTypeError(f"{text!r} is not a text file; unpack a zip first")
    return path


def run(name, args):
    """Measure one row in a new process, and return its figures."""
    print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figures.json"
        paths = [
            "" if path is None else str(path.resolve()) for path in (args.data_home, args.vectors)
        ]
        size = "quick" if args.quick else "large" if args.large and name in LARGE else "full"
        subprocess.run(
            [sys.executable, "-m", f"{__package__}.child", name, *paths, size, str(output)],
            check=True,
            cwd=Path(__file__).parents[1],
            env=machine.environment(args.default_threads),
        )
        figures = json.loads(output.read_text())
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return {"against": MEASUREMENTS[name]} | figures


if __name__ == "__main__":
    main()
