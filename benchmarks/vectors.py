"""Reading the pretrained vectors of a vocabulary, against a loop over the lines and gensim."""

import statistics
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from sklearn_textnn.preprocessing import KerasTokenizerTransformer

from . import readers, table

# Readers and what they read. The first one writes the cache for `from_cache`.
SIDES = {
    "whole": readers.whole,
    "cold": readers.cold,
    "from cache": readers.from_cache,
    "loop": readers.loop,
    "gensim": readers.gensim,
}
TAKE_LONG = {"whole", "gensim"}  # so that once is enough
NO_GENSIM = "gensim is not installed: pip install '.[bench]'"


def measure(corpus, quick, path):
    """Read the vectors of the same words on every side, each time in a new process."""
    if path is None:
        skipped = table.skipped("reading vectors", "needs --vectors glove.6B.50d.txt")
        return {"what": "not measured", "lines": [skipped]}
    words = list(KerasTokenizerTransformer().fit(corpus.texts).word_index_)
    repeats = 1 if quick else 3
    with tempfile.TemporaryDirectory() as home:
        runs = read_in_turn(path, words, home, repeats)
    expected = runs["loop"][0].matrix
    found = int(expected.any(axis=1).sum())
    seconds = {side: statistics.median(run.seconds for run in of) for side, of in runs.items()}
    memory = {side: max(run.megabytes for run in of) for side, of in runs.items()}
    kept = expected[:found].nbytes / 1e6
    size = f"{Path(path).stat().st_size / 1e6:.0f} MB"
    return {
        "what": (
            f"{found} of {len(words)} words are in {Path(path).name} ({size}, in the page cache on "
            f"all sides); each time in a new process, median of {repeats}, of 1 for gensim and the "
            "whole file"
        ),
        "seconds": seconds,
        "MB at most": memory,
        "same vectors": {
            side: all(np.allclose(run.matrix, expected) for run in of) for side, of in runs.items()
        },
        "lines": [*time_lines(seconds), *memory_lines(memory, kept)],
    }


def read_in_turn(path, words, home, repeats):
    """Return the runs of each available side."""
    sides = {side: read for side, read in SIDES.items() if side != "gensim" or find_spec(side)}
    Path(path).read_bytes()  # into the page cache
    runs = {side: [] for side in sides}
    for repeat in range(repeats):
        for side, read in sides.items():
            if repeat == 0 or side not in TAKE_LONG:
                runs[side].append(readers.in_new_process(read, path, words, home))
    return runs


def time_lines(seconds):
    """Compare times; gensim always reads the whole file."""
    cold, loop = seconds["cold"], seconds["loop"]
    yield table.faster("vectors of the words, against a loop", cold, loop, 6)
    yield table.faster("the same, parsed before", seconds["from cache"], loop, 50)
    if "gensim" not in seconds:
        yield table.skipped("vectors of the words, against gensim", NO_GENSIM)
        return
    gensim = seconds["gensim"]
    yield table.faster("vectors of the words, against gensim", cold, gensim, 20)
    yield table.faster("the whole file and a store, against gensim", seconds["whole"], gensim)


def memory_lines(memory, kept):
    """Compare the memory of a cold read with its result, if the system reports it."""
    if any(map(np.isnan, memory.values())):
        return
    yield table.bounded(
        "peak memory of reading the words",
        memory["cold"],
        round(2 * kept + 64, 1),
        unit="MB",
        shown=" MB",
        ours=memory["cold"],
        theirs=memory.get("gensim"),
    )
