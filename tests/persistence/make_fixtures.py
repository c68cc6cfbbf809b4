"""Write files that all later releases must load.

Run it once for each version of the format, just before its release::

    python tests/persistence/make_fixtures.py
    .venv-oldest/bin/python tests/persistence/make_fixtures.py -oldest

It writes ``fixtures/v<version>-<name>.textnn`` and, beside them, what the pipelines predicted; with
the oldest supported versions of the libraries ``fixtures/v<version>-oldest-<name>.textnn``. As
long as a version is not released, delete its files and run this again when a class has changed.
Files of a released version are never written again, since they are what users have.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures"
NAMES = (  # each class of the table is in one of them; "continued" has an optimizer's state
    "tf-idf",
    "nested, bool labels",
    "a union",
    "pooling",
    "the default",
    "flatten",
    "dense",
    "continued",
    "two copies",
)
TEXTS = ["good food", "bad place stale food", "", "great unheard-of soup", "fine fine poor"]


def main(versions=""):
    """Fit, save, and note the predictions."""
    from conftest import Fitted  # only as a script: this folder comes first on the path

    from sklearn_textnn import persistence
    from sklearn_textnn.persistence._container import VERSION

    fitted, expected = Fitted(), {}
    FOLDER.mkdir(exist_ok=True)
    notes = FOLDER / f"v{VERSION}{versions}.json"
    if notes.exists():
        raise SystemExit(f"{notes} exists. Was version {VERSION} released? Then leave it as it is.")
    for name in NAMES:
        name_of_file = name.replace(",", "").replace(" ", "-")
        path = FOLDER / f"v{VERSION}{versions}-{name_of_file}.textnn"
        persistence.save(fitted(name), path, embed_vectors=True)
        expected[path.name] = fitted(name).predict_proba(TEXTS).tolist()
    notes.write_text(json.dumps({"texts": TEXTS, "probabilities": expected}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
