"""The examples of docs/ run, and each public name is in the reference."""

import doctest
import os
import re
from importlib import import_module
from pathlib import Path

import pytest

import sklearn_textnn

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {
    path.relative_to(DOCS).as_posix(): path
    for path in sorted(DOCS.rglob("*.rst"))
    if not {"_build", "_templates", "generated"} & set(path.parts)
}
WITH_EXAMPLES = [name for name, path in PAGES.items() if ">>> " in path.read_text(encoding="utf-8")]
GUIDE = [name for name in PAGES if name.startswith("user_guide/") and "index" not in name]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_page_run(name):
    _ = sklearn_textnn.KerasTextClassifier  # imports TensorFlow, which sets environment variables
    environment = dict(os.environ)
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    test = doctest.DocTestParser().get_doctest(
        PAGES[name].read_text(encoding="utf-8"), {"__name__": "docs"}, name, str(PAGES[name]), 0
    )
    runner.run(test, out=report.append)
    assert not report, "".join(report)
    assert runner.tries > 0
    assert dict(os.environ) == environment


def test_every_subpackage_has_a_page():
    assert {Path(name).stem for name in GUIDE} == set(sklearn_textnn._SUBPACKAGES)


@pytest.mark.parametrize("subpackage", sklearn_textnn._SUBPACKAGES)
def test_the_reference_lists_every_public_name(subpackage):
    """Autosummary makes a page for each."""
    reference = PAGES["api.rst"].read_text(encoding="utf-8")
    start = reference.index(f".. currentmodule:: sklearn_textnn.{subpackage}\n")
    end = reference.find(".. currentmodule::", start + 1)
    section = reference[start : end if end > 0 else None]
    names = set(import_module(f"sklearn_textnn.{subpackage}").__all__)
    assert set(re.findall(r"^   (\w+)$", section, flags=re.MULTILINE)) == names


@pytest.mark.parametrize("name", GUIDE)
def test_a_page_of_the_guide_has_its_parts(name):
    text = PAGES[name].read_text(encoding="utf-8")
    for part in ("Input and output", "Errors and fixes"):
        assert f"\n{part}\n---" in text
