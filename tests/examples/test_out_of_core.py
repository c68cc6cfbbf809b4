"""examples/out_of_core.py: training on a file larger than the memory limit."""

import importlib.util
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_textnn import load_reviews, persistence

SCRIPT = Path(__file__).parents[2] / "examples" / "out_of_core.py"
MB_ALLOWED = 160  # threads and the C library reserve some of it
READ_WHOLE = f"""
import re, resource, sys
from pathlib import Path
import pandas as pd
pd.read_csv(sys.argv[1], nrows=10)
now = int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (now + {MB_ALLOWED} * 2**20,) * 2)
try:
    pd.read_csv(sys.argv[1])
except (MemoryError, OSError, pd.errors.ParserError) as error:
    print("refused:", error)
"""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("out_of_core", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    """Return a file of 240 MB with few distinct reviews."""
    texts, y = load_reviews(return_X_y=True)
    rng = np.random.default_rng(0)
    quotations = ["".join(rng.choice(list("abcdefgh"), size=60_000)) for _ in range(10)]
    path = tmp_path_factory.mktemp("large") / "reviews.csv"
    with path.open("w") as file:
        file.write("text,label\n")
        for i, row in enumerate(rng.integers(0, len(texts), size=4000)):
            text = texts[row].replace('"', "")
            file.write(f'"{text} {quotations[i % 10]}",{y[row]}\n')
    return path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are those of Linux")
def test_a_file_larger_than_memory_trains_under_a_limit(large_file, tmp_path, run_python):
    size = large_file.stat().st_size
    assert size > 1.3 * MB_ALLOWED * 2**20
    assert "refused" in run_python("-c", READ_WHOLE, large_file).stdout
    saved = tmp_path / "model.textnn"
    options = ["--chunk", 200, "--epochs", 1, "--memory", MB_ALLOWED, "--saved", saved]
    done = run_python(SCRIPT, large_file, *options)
    assert "epoch 1/1, chunk 19: 200 texts" in done.stdout
    assert persistence.load(saved)[-1].n_iter_ == 20


def test_a_killed_run_resumes_with_the_same_bits(script, tmp_path, monkeypatch, capsys):
    path = tmp_path / "reviews.csv"
    script.write_demo_file(path)
    assert len(pd.read_csv(path)) == len(load_reviews().data)
    whole = script.train(path, tmp_path / "whole.textnn", rows_per_chunk=150, epochs=2)

    save, n_saved = persistence.save, iter(range(100))

    def save_until_killed(pipeline, saved):
        save(pipeline, saved)
        if next(n_saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(script.persistence, "save", save_until_killed)
    saved = tmp_path / "stopped.textnn"
    with pytest.raises(KeyboardInterrupt):
        script.train(path, saved, rows_per_chunk=150, epochs=2)
    monkeypatch.undo()
    capsys.readouterr()
    again = script.train(path, saved, rows_per_chunk=150, epochs=2)
    assert "has seen 3 chunks" in capsys.readouterr().out
    for weights, expected in zip(again[-1].weights_, whole[-1].weights_, strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_it_runs_without_arguments(script, capsys):
    script.main(["--epochs", "2"])
    losses = capsys.readouterr().out.splitlines()
    assert losses[-1].startswith("accuracy on its first rows: 0.")
    chunks = [line for line in losses if line.startswith("epoch")]
    assert len(chunks) > 4
    assert all(a != b for a, b in pairwise(chunks))
