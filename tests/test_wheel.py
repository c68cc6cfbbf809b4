"""The contents of wheel and sdist, built offline by hatchling."""

import subprocess
import sysconfig
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import sklearn_textnn

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sklearn_textnn"

pytest.importorskip("hatchling")
trove_classifiers = pytest.importorskip("trove_classifiers")

SHIPPED = [
    "datasets/data/reviews.tsv",
    "datasets/descr/reviews.rst",
    "datasets/descr/sentiment_sentences.rst",
]


def build(builder_class, folder, root=ROOT):
    (path,) = builder_class(str(root)).build(directory=str(folder), versions=["standard"])
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
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


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


def test_the_wheel_has_licence_and_requirements(wheel):
    _, archive = wheel
    info = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
    assert archive.read(info["licenses/LICENSE"]) == (ROOT / "LICENSE").read_bytes()
    metadata = archive.read(info["METADATA"]).decode()
    assert "Requires-Dist: scikeras==0.13.*" in metadata
    assert "License-Expression: BSD-3-Clause" in metadata


def test_extras_and_classifiers_are_complete(wheel):
    _, archive = wheel
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = message_from_string(archive.read(name).decode())
    assert {"plot", "jax", "docs", "test", "dev", "bench"} <= {*metadata.get_all("Provides-Extra")}
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Classifier")) <= set(trove_classifiers.classifiers)
    own = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert [line for line in own if "<" in line] == []  # nothing is known to break


def test_the_sdist_can_be_tested(sdist):
    """Sources, tests and the pages that tests execute."""
    wanted = {"pyproject.toml", "README.md", "LICENSE", "tests/test_readme.py", "docs/conf.py"}
    wanted |= {"Makefile", ".ci/oldest.txt"}
    wanted |= {f"sklearn_textnn/{name}" for name in SHIPPED}
    assert [name for name in sorted(wanted) if not (sdist / name).is_file()] == []


def test_the_sdist_builds_the_same_wheel(wheel, sdist, tmp_path):
    from hatchling.builders.wheel import WheelBuilder

    _, archive = wheel
    with zipfile.ZipFile(build(WheelBuilder, tmp_path, sdist)) as other:
        assert sorted(other.namelist()) == sorted(archive.namelist())
        assert all(other.read(name) == archive.read(name) for name in archive.namelist())


@pytest.mark.slow
def test_the_first_example_of_the_readme_runs_from_the_wheel(wheel, tmp_path, run_python):
    """In an environment with the wheel and the dependencies of this one."""
    path, _ = wheel
    run_python("-m", "venv", "--without-pip", tmp_path)
    python = tmp_path / "bin" / "python"
    site = next(tmp_path.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    done = subprocess.run(
        [python, "-I", ROOT / ".ci" / "first_example.py", ROOT / "README.md"],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stdout
    assert "scores 0." in done.stdout
