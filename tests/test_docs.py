"""The pages of docs/ are true: their examples run, their names and messages exist."""

import ast
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
    if "_build" not in path.parts
}
WITH_EXAMPLES = [name for name, path in PAGES.items() if ">>> " in path.read_text(encoding="utf-8")]
GUIDE = [name for name in PAGES if name.startswith("user_guide/") and "index" not in name]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

NEARLY_ALL = 0.6  # of the words of a quoted message; the others are filled in, or shortened

# Messages that scikit-learn, Python or Keras write.
OF_OTHERS = (
    "The 'units' parameter of PoolingNetwork must be ...",
    "OSError with download_if_missing=False",
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_page_run(name):
    import_module("sklearn_textnn.classifiers")  # TensorFlow sets variables of its own
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


def test_every_room_has_a_page():
    assert {Path(name).stem for name in GUIDE} == set(sklearn_textnn._ROOMS)


@pytest.mark.parametrize("room", sklearn_textnn._ROOMS)
def test_the_reference_lists_every_public_name(room):
    """Once in the overview of the room and once in full."""
    reference = PAGES["api.rst"].read_text(encoding="utf-8")
    start = reference.index(f".. currentmodule:: sklearn_textnn.{room}\n")
    end = reference.find(".. currentmodule::", start + 1)
    section = reference[start : end if end > 0 else None]
    names = set(import_module(f"sklearn_textnn.{room}").__all__)
    assert set(re.findall(r"^   (\w+)$", section, flags=re.MULTILINE)) == names
    assert set(re.findall(r"^\.\. auto\w+:: (\w+)$", section, re.MULTILINE)) == names


@pytest.mark.parametrize("name", GUIDE)
def test_a_page_of_the_guide_has_its_parts(name):
    text = PAGES[name].read_text(encoding="utf-8")
    for part in ("What goes in and out", "Errors and cures"):
        assert f"\n{part}\n---" in text


def words_of(message):
    """Plain words, without names of parameters such as ``X_val``."""
    return set(re.findall(r"\b[A-Za-z]{2,}\b", message))


def messages():
    """Words of every text in the package, the parts that are filled in left out."""
    for path in Path(sklearn_textnn.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.JoinedStr, ast.BinOp)):
                parts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
                yield words_of(" ".join(part for part in parts if isinstance(part, str)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield set() if "\n" in node.value else words_of(node.value)  # no docstrings


MESSAGES = list(messages())


def quoted_errors():
    for name in GUIDE:
        section = PAGES[name].read_text(encoding="utf-8").partition("Errors and cures\n---")[2]
        for cell in re.findall(r"^   \* - (.*)$", section, flags=re.MULTILINE):
            message = cell.replace("``", "")
            if message not in ("error", *OF_OTHERS):
                yield name, message.removeprefix("warning ")


@pytest.mark.parametrize(("name", "message"), list(quoted_errors()))
def test_a_quoted_error_is_one_that_the_package_raises(name, message):
    """Nearly all of its words stand in one message of the sources."""
    words = words_of(re.sub(r"^\w+Error: |'\w+'", "", message))
    best = max(len(words & known) for known in MESSAGES)
    assert best >= NEARLY_ALL * len(words), f"{name} quotes {message!r}, which nothing raises"


def test_a_message_that_nothing_raises_is_found():
    words = words_of("the flux capacitor of the tokenizer has run dry")
    assert max(len(words & known) for known in MESSAGES) < NEARLY_ALL * len(words)
