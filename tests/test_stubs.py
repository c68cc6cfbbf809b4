"""The type stubs match the docstrings and work in a type checker."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """
from sklearn_textnn import ConvolutionalNetwork, KerasTextClassifier, KerasTokenizerTransformer
from sklearn_textnn import PadTransformer, persistence, text_classifier
from sklearn_textnn.inspection import explain_texts

tokens = KerasTokenizerTransformer().fit_transform(["good soup", "bad soup"])
network = ConvolutionalNetwork(num_filters=16, kernel_size=(1, 2))
classifier = KerasTextClassifier(network, epochs="auto", optimizer__learning_rate=0.01)
classifier.fit(PadTransformer(maxlen=0.99).fit_transform(tokens), [1, 0]).history_["loss"]
explain_texts(text_classifier(n_members=2).fit(["good soup"], [1]), ["good soup"]).to_frame()
persistence.save(classifier, "model.textnn")

PadTransformer(padding="left")
KerasTextClassifier(epochs="often")
KerasTokenizerTransformer().transform(3)
tokens.vocabluary
"""


def test_stubs_match_the_docstrings():
    command = [sys.executable, ROOT / ".ci" / "stubs.py", "--check"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-1000:]


@pytest.mark.slow
def test_a_type_checker_finds_exactly_the_errors_of_a_script(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "script.py").write_text(SCRIPT)
    options = ["--ignore-missing-imports", "--follow-imports=silent", "script.py"]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        timeout=300,
    )
    found = re.findall(r"^script.py:(\d+): error: .*\[([\w-]+)\]$", run.stdout, flags=re.M)
    line = len(SCRIPT[: SCRIPT.index("PadTransformer(padding=")].splitlines()) + 1
    kinds = ["arg-type", "arg-type", "arg-type", "attr-defined"]
    assert found == [(str(line + i), kind) for i, kind in enumerate(kinds)], run.stdout
