"""The annotated example of CONTRIBUTING.md runs and does what the page says."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

import sklearn_textnn

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = list(re.finditer(r"^ *```python\n(.*?)^ *```$", TEXT, flags=re.MULTILINE | re.DOTALL))


def run_page():
    """Run all blocks in order; a traceback shows the page's own lines."""
    names = {"__name__": "contributing"}
    for block in BLOCKS:
        line = TEXT.count("\n", 0, block.start(1))
        source = "\n" * line + textwrap.dedent(block.group(1))
        exec(compile(source, str(PAGE), "exec"), names)
    return names


def test_the_network_is_trained_cloned_and_searched():
    names = run_page()
    network_class, search = names["AttentionNetwork"], names["search"]
    fitted = search.best_estimator_["clf"]

    assert isinstance(fitted.network_, network_class)
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]
    assert fitted.network_.units == search.best_params_["clf__model__units"]
    assert search.cv_results_["param_clf__model__units"].tolist() == [4, 16]
    shapes = {w.path: w.shape for w in fitted.model_.weights}
    assert shapes["hidden/kernel"] == (50, fitted.network_.units)  # the key reached the layer

    copy = clone(network_class(units=3))
    assert copy.get_params() == {"embedding_dim": 50, "units": 3}
    texts, y = names["texts"][:20], names["y"][:20]
    with pytest.raises(InvalidParameterError, match="'units' parameter of AttentionNetwork"):
        clone(names["pipeline"]).set_params(clf__model__units=0).fit(texts, y)

    again = clone(search.best_estimator_).fit(names["texts"], names["y"])
    np.testing.assert_array_equal(  # every draw comes from the spec's seed
        again.predict_proba(texts), search.best_estimator_.predict_proba(texts)
    )

    doc = ClassDoc(network_class)
    assert [p.name for p in doc["Parameters"]] == list(copy.get_params())


def test_the_network_is_small():
    """build of 10 to 25 lines, class of two screens."""
    block = BLOCKS[0].group(1)
    body = block[block.index("def build") : block.index("def forward")]
    assert len([line for line in body.splitlines() if line.strip()]) <= 25
    assert len(block.splitlines()) <= 90


def test_every_folder_is_in_the_table():
    rows = set(re.findall(r"^\| `(\w+)` \|", TEXT, flags=re.MULTILINE))
    package = Path(sklearn_textnn.__file__).parent
    assert rows == {path.parent.name for path in package.glob("*/__init__.py")}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:docs|tests)/[\w/.]+)`", TEXT))))
def test_referenced_files_exist(path):
    assert (PAGE.parent / path).exists()
