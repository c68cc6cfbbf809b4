"""A virtual environment with only what serving needs: its size and its predictions.

The wheel is built here. The packages of `requirements-serve.txt`, and what these require, are
linked from the environment that runs the tests, so that nothing is downloaded.
"""

import json
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_textnn import ConvolutionalNetwork, persistence, text_classifier
from sklearn_textnn.classifiers import KerasTextClassifier
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer

pytest.importorskip("hatchling")
requirements = pytest.importorskip("packaging.requirements")

ROOT = Path(__file__).parents[2]
PREDICT = """
import json, sys
from importlib.util import find_spec
import numpy as np
from sklearn_textnn import persistence

texts = json.load(open("texts.json"))
same = {}
for name in ("network", "averaged"):
    pipeline = persistence.load(f"{name}.textnn", frozen=True)
    found = pipeline.predict_proba(texts)
    same[name] = bool(np.allclose(found, np.load(f"{name}.npy"), rtol=0, atol=1e-12))
absent = [n for n in ("tensorflow", "keras", "scikeras", "pandas") if find_spec(n) is None]
import sklearn_textnn
print(json.dumps([same, absent, sklearn_textnn.__file__]))
"""


def with_requirements(names):
    """Return the distributions with these names and their requirements, by name."""
    found, open_names = {}, list(names)
    while open_names:
        name = open_names.pop().lower()
        if name not in found:
            found[name] = distribution(name)
            wanted = map(requirements.Requirement, found[name].requires or ())
            open_names += [w.name for w in wanted if not w.marker or w.marker.evaluate()]
    return found


def link(found, site):
    """Link the files of distributions into a site-packages folder; return their size in bytes."""
    size = 0
    for one in found.values():
        for path in one.files:
            source, target = Path(one.locate_file(path)), site / path
            if ".." in path.parts or source.suffix == ".pyc" or not source.is_file():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source.resolve())
            size += source.stat().st_size
    return size


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Return the Python of a new virtual environment, and its size in MB."""
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("bare")
    command = [sys.executable, "-m", "venv", "--without-pip", folder / "venv"]
    subprocess.run(command, check=True, timeout=240)
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    lines = (ROOT / "requirements-serve.txt").read_text().splitlines()
    names = [requirements.Requirement(x).name for x in lines if x and not x.startswith("#")]
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    size += link(with_requirements(names), site)
    return folder / "venv" / "bin" / "python", size / 1e6


@pytest.fixture(scope="module")
def saved(texts, three_labels, tmp_path_factory):
    """Return a folder with saved pipelines, texts and their probabilities."""
    folder = tmp_path_factory.mktemp("saved")
    network = KerasTextClassifier(
        ConvolutionalNetwork(num_filters=3), epochs=1, n_members=2, random_state=0
    )
    some = [*texts[:5], "", "nothing known here"]
    (folder / "texts.json").write_text(json.dumps(some))
    for name, estimator in {
        "network": make_pipeline(KerasTokenizerTransformer(), PadTransformer(), network),
        "averaged": text_classifier(fast=True, random_state=0),
    }.items():
        fitted = estimator.fit(texts, three_labels)
        persistence.save(fitted, folder / f"{name}.textnn")
        np.save(folder / f"{name}.npy", fitted.predict_proba(some))
    return folder


@pytest.mark.slow
def test_it_predicts_the_same_and_is_small(environment, saved, capsys):
    python, size = environment
    done = subprocess.run(
        [python, "-I", "-c", PREDICT], cwd=saved, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    same, absent, origin = json.loads(done.stdout)
    assert same == {"network": True, "averaged": True}
    assert absent == ["tensorflow", "keras", "scikeras", "pandas"]
    assert Path(origin).is_relative_to(python.parents[1])
    with capsys.disabled():  # stderr, since parallel workers of pytest have no stdout
        print(f"serving takes {size:.0f} MB of packages", file=sys.stderr)
    assert size < 400
