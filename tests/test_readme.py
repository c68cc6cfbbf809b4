"""The README's Python runs, in order and in one namespace; its links and commands exist."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = list(re.finditer(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL))


def run_page():
    """Run all blocks in order; a traceback shows the README's own lines."""
    names = {"__name__": "readme"}
    for block in BLOCKS:
        line = TEXT.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block.group(1), str(README), "exec"), names)
    return names


def test_the_python_runs_and_does_what_the_text_says():
    names = run_page()
    check_grid(names["search"])
    check_comparison(names["comparison"])
    pipeline = names["pipeline"]
    probabilities = pipeline.predict_proba(["Slow, but never dull."])
    assert probabilities.shape == (1, 2)
    assert np.isclose(probabilities.sum(), 1)


def check_grid(search):
    """The grid reached tokenizer, network and training."""
    chosen = search.best_params_
    keys = {"tokens__num_words", "clf__model", "clf__optimizer__learning_rate", "clf__epochs"}
    assert set(chosen) == keys
    tokens, clf = search.best_estimator_["tokens"], search.best_estimator_["clf"]
    assert clf.n_iter_ == chosen["clf__epochs"]
    assert type(clf.network_) is type(chosen["clf__model"])
    assert tokens.n_tokens_ == (chosen["tokens__num_words"] or len(tokens.word_index_) + 1)


def check_comparison(comparison):
    """Both classifiers were scored on the same folds."""
    assert comparison.classifiers == ["tf-idf + LR", "network"]
    assert comparison.n_folds == 2
    assert comparison.to_frame()["mean_test_accuracy"].between(0, 1).all()


def test_the_first_pipeline_takes_about_ten_lines():
    lines = [line for line in BLOCKS[0].group(1).splitlines() if line.strip()]
    assert len(lines) <= 12


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", TEXT))
def test_a_link_points_to_a_file(target):
    assert target.startswith("https://") or (ROOT / target).is_file()


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"\bmake ([\w-]+)(?= *[#`\"\n]| DATA)", TEXT)))
)
def test_a_make_command_exists(target):
    makefile = ROOT / "Makefile"
    if not makefile.is_file():
        pytest.skip("no Makefile beside the tests")
    assert re.search(rf"^{target}:.*##", makefile.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("script", sorted(set(re.findall(r"examples/\w+\.py", TEXT))))
def test_a_named_example_exists(script):
    assert (ROOT / script).is_file()


def test_the_readme_is_short():
    assert len(TEXT.splitlines()) <= 200
