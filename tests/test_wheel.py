"""What a built wheel and sdist hold, built offline by hatchling itself."""

import tarfile
import zipfile
from pathlib import Path

import pytest

import sklearn_textnn

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sklearn_textnn"

pytest.importorskip("hatchling")

SHIPPED = [
    "datasets/data/reviews.tsv",
    "datasets/descr/reviews.rst",
    "datasets/descr/sentiment_sentences.rst",
]


def build(builder_class, folder):
    (path,) = builder_class(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(path)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    from hatchling.builders.wheel import WheelBuilder

    path = build(WheelBuilder, tmp_path_factory.mktemp("wheel"))
    with zipfile.ZipFile(path) as archive:
        yield path, archive


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    from hatchling.builders.sdist import SdistBuilder

    path = build(SdistBuilder, tmp_path_factory.mktemp("sdist"))
    with tarfile.open(path) as archive:
        yield {name.partition("/")[2] for name in archive.getnames()}


def test_the_wheel_is_pure_and_of_this_version(wheel):
    path, _ = wheel
    assert path.name == f"sklearn_textnn-{sklearn_textnn.__version__}-py3-none-any.whl"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_wheel_holds_the_data(wheel, name):
    _, archive = wheel
    assert archive.read(f"sklearn_textnn/{name}") == (PACKAGE / name).read_bytes()


def test_the_wheel_holds_every_module_and_nothing_else(wheel):
    _, archive = wheel
    files = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")}
    assert {name for name in files if name.endswith(".py")} == modules
    assert {name.partition("/")[0] for name in files} == {"sklearn_textnn"}
    assert not [name for name in files if "__pycache__" in name]


def test_the_wheel_holds_licence_and_requirements(wheel):
    _, archive = wheel
    info = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
    assert archive.read(info["licenses/LICENSE"]) == (ROOT / "LICENSE").read_bytes()
    metadata = archive.read(info["METADATA"]).decode()
    assert "Requires-Dist: scikeras==0.13.*" in metadata
    assert "License-Expression: BSD-3-Clause" in metadata


def test_the_sdist_can_be_tested(sdist):
    """Sources, tests and the pages that tests execute."""
    wanted = {"pyproject.toml", "README.md", "LICENSE", "tests/test_readme.py", "docs/conf.py"}
    assert wanted <= sdist
    assert {f"sklearn_textnn/{name}" for name in SHIPPED} <= sdist
