"""Lines of training, and tqdm's bars."""

import re
import threading
from contextlib import nullcontext

import pytest
from sklearn.base import clone

from sklearn_textnn import KerasTextClassifier, PoolingNetwork
from sklearn_textnn.engines import plain_keras

EPOCH = re.compile(r"^(?:(?:LokyProcess-\d+ )?fit (\d+): )?Epoch (\d)/(\d) - [\d.]+s - .*loss: ")


def classifier(**parameters):
    parameters = {"epochs": 2, "random_state": 0, "verbose": 1} | parameters
    return KerasTextClassifier(PoolingNetwork(4), **parameters)


def test_lines_of_a_single_fit_have_no_name(tokens, labels, capsys):
    classifier().fit(tokens, labels)
    found = [EPOCH.match(line) for line in capsys.readouterr().out.splitlines()]
    assert [match.groups() for match in found] == [(None, "1", "2"), (None, "2", "2")]


class Meeting:
    """A callback of scikit-learn's at which two fits wait for each other before every epoch."""

    def __init__(self):
        self.barrier = threading.Barrier(2, timeout=120)

    def setup(self, estimator, context):
        pass

    teardown = setup

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "epoch":
            self.barrier.wait()

    def on_fit_task_end(self, estimator, context):
        pass


@pytest.mark.parametrize("context", [nullcontext, plain_keras])
def test_lines_of_concurrent_fits_have_names(tokens, labels, context, capsys):
    pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has none")
    several = classifier(n_members=2, n_jobs=2).set_callbacks(Meeting())
    with context():
        several.fit(tokens, labels)
    lines = capsys.readouterr().out.splitlines()
    found = [match.groups() for match in map(EPOCH.match, lines) if match]
    names = {name for name, _, _ in found}
    assert len(names) == 2
    assert None not in names
    for name in names:
        assert [epoch for of, epoch, _ in found if of == name] == ["1", "2"]
        said = [line for line in lines if line.startswith(f"fit {name}: PoolingNetwork(")]
        assert len(said) == 1
        assert said[0].endswith(f"{len(labels)} samples")


@pytest.mark.slow
def test_lines_of_a_worker_have_its_name(run_python):
    lines = run_python("-c", PROGRAM).stdout.splitlines()
    found = [match for match in map(EPOCH.match, lines) if match]
    assert sum(match[0].startswith("Loky") for match in found) == 2 * 2 * 2
    assert sum(match[1] is None for match in found) == 2  # the best one, in the main process


PROGRAM = """
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn_textnn import KerasTextClassifier

if __name__ == "__main__":
    ids, y = np.arange(80).reshape(40, 2) % 7 + 1, np.arange(40) % 2
    classifier = KerasTextClassifier(epochs=2, verbose=1)
    GridSearchCV(classifier, {"batch_size": [8, 16]}, cv=2, n_jobs=2).fit(ids, y)
"""


class Stream:
    """The output stream of progress bars."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("form", ["instance", "class", "clone of class"])
def test_tqdm_counts_epochs(tokens, labels, form):
    tqdm = pytest.importorskip("tqdm.keras")
    stream = Stream()
    arguments = {"verbose": 0, "file": stream}
    if form == "instance":
        watched = classifier(callbacks=tqdm.TqdmCallback(**arguments))
    else:
        routed = {f"callbacks__{name}": value for name, value in arguments.items()}
        watched = classifier(callbacks=tqdm.TqdmCallback, **routed)
    if form.startswith("clone"):
        watched = clone(watched)
        stream = watched.get_params()["callbacks__file"]
    watched.set_params(epochs=3, verbose=0).fit(tokens, labels)
    assert "3/3" in stream.text
