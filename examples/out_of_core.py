"""Train on a file of texts that is larger than memory, and resume after a crash.

pandas reads the file in chunks; the tokenizer reads all of them once, then the classifier once per
epoch. At most one chunk is in memory. The pipeline is saved after every chunk: a killed run resumes
there when it is started again, and ends with the same weights.

    python examples/out_of_core.py                    # on a small file that it writes
    python examples/out_of_core.py reviews.csv --chunk 5000 --epochs 3
    python examples/out_of_core.py reviews.csv --memory 200  # MB that it may use on top

The columns are `text` and `label`; the lines should be shuffled.
"""

import argparse
import re
import tempfile
from pathlib import Path

import pandas as pd
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    KerasTokenizerTransformer,
    PadTransformer,
    load_reviews,
    persistence,
)
from sklearn_textnn.model_selection import fit_in_chunks
from sklearn_textnn.utils import quiet_tensorflow

with quiet_tensorflow():
    from sklearn_textnn import KerasTextClassifier


def train(path, saved, *, rows_per_chunk, epochs, random_state=0):
    """Fit a pipeline on a CSV file, from the state in `saved` if there is one."""

    def chunks():
        with pd.read_csv(path, chunksize=rows_per_chunk) as frames:
            for frame in frames:
                yield frame["text"], frame["label"]

    def save(pipeline, n_done):
        persistence.save(pipeline, saved)

    pipeline, n_done = make_model(random_state), 0
    if saved.exists():
        pipeline = persistence.load(saved)
        n_done = pipeline[-1].n_iter_  # it counts the chunks
        print(f"{saved} has seen {n_done} chunks")
    return fit_in_chunks(
        pipeline, chunks, epochs=epochs, n_done=n_done, after_chunk=save, verbose=1
    )


def make_model(random_state):
    """Return a pipeline of steps that can learn in chunks."""
    return make_pipeline(
        KerasTokenizerTransformer(num_words=20_000),
        PadTransformer(
            maxlen=100
        ),  # a number, since a length could be learned only after the last chunk
        KerasTextClassifier(random_state=random_state),
    )


def write_demo_file(path):
    """Write the reviews that come with the package, shuffled."""
    texts, y = load_reviews(return_X_y=True)
    frame = pd.DataFrame({"text": texts, "label": y}).sample(frac=1, random_state=0)
    frame.to_csv(path, index=False)


def limit_memory(megabytes):
    """Limit the additional address space of this process; not on Windows and macOS."""
    import resource

    texts, y = load_reviews(return_X_y=True)
    make_model(0).fit(texts[:100], y[:100])  # TensorFlow's own memory does not depend on the data
    kilobytes = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1])
    limit = kilobytes * 1024 + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main(argv=None):
    """Read the command line, train, and print a score."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path, nargs="?", metavar="FILE.csv")
    parser.add_argument("--saved", type=Path, help="model file; default: FILE.textnn")
    parser.add_argument("--chunk", type=int, default=200, metavar="ROWS", help="default: 200")
    parser.add_argument("--epochs", type=int, default=3, help="default: 3")
    parser.add_argument("--memory", type=int, metavar="MB", help="limit beyond the start")
    args = parser.parse_args(argv)
    if args.memory is not None:
        limit_memory(args.memory)
    with tempfile.TemporaryDirectory() as folder:
        path = args.path
        if path is None:
            path = Path(folder) / "reviews.csv"
            write_demo_file(path)
        saved = path.with_suffix(".textnn") if args.saved is None else args.saved
        pipeline = train(path, saved, rows_per_chunk=args.chunk, epochs=args.epochs)
        first = pd.read_csv(path, nrows=args.chunk)
        print(f"accuracy on its first rows: {pipeline.score(first['text'], first['label']):.3f}")


if __name__ == "__main__":
    main()
