"""Drawing without a screen; every figure is closed."""

import sys

import pytest


@pytest.fixture(autouse=True, scope="session")
def _agg():
    import matplotlib

    matplotlib.use("Agg")


@pytest.fixture
def pyplot():
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture
def without_matplotlib(monkeypatch):
    """Make `import matplotlib` fail."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
