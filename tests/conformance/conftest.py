"""The corpus of six words and the small classifiers that the classifiers' own tests live on."""

import runpy
from pathlib import Path

_CORPUS = runpy.run_path(str(Path(__file__).parents[1] / "classifiers" / "conftest.py"))
globals().update({name: thing for name, thing in _CORPUS.items() if not name.startswith("_")})
