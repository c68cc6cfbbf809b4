"""The links of docs/ into other projects: resolved with their inventories, plain text without."""

import ast
import http.server
import socket
import threading
import zlib
from functools import partial
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = "Page\n====\n\nA :class:`~sklearn.pipeline.Pipeline`.\n"
PLACE = "modules/generated/sklearn.pipeline.Pipeline.html"
HEAD = (
    b"# Sphinx inventory version 2\n# Project: other\n# Version: 1\n"
    b"# The remainder of this file is compressed using zlib.\n"
)


@pytest.fixture
def build(tmp_path, run_python):
    """Return a function that builds a page with links to a server instead of other projects'."""
    pytest.importorskip("sphinx")
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.rst").write_text(PAGE)
    settings = {}
    for node in ast.parse((DOCS / "conf.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in {
            "WITHOUT_NETWORK",
            "intersphinx_mapping",
            "intersphinx_timeout",
        }:
            exec(compile(ast.Module([node], []), "conf.py", "exec"), settings)
    (source / "no_links.inv").write_bytes((DOCS / settings["WITHOUT_NETWORK"]).read_bytes())

    def run(url):
        mapping = {
            name: (f"{url}/{name}", inventories)
            for name, (_, inventories) in settings["intersphinx_mapping"].items()
        }
        (source / "conf.py").write_text(
            f"extensions = ['sphinx.ext.intersphinx']\nintersphinx_mapping = {mapping}\n"
            f"intersphinx_timeout = {settings['intersphinx_timeout']}\n"
        )
        run_python("-m", "sphinx", "-W", "-q", "-b", "html", source, tmp_path / "html")
        return (tmp_path / "html" / "index.html").read_text(encoding="utf-8")

    return run


def test_without_a_network_nothing_warns_and_nothing_is_linked(build):
    with socket.socket() as unused:  # bound and not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        page = build(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert "Pipeline" in page
    assert PLACE not in page


def test_with_a_network_a_name_of_scikit_learn_is_a_link(build, tmp_path):
    entry = f"sklearn.pipeline.Pipeline py:class 1 {PLACE}#$ -\n".encode()
    for name in ("python", "numpy", "pandas", "sklearn"):
        folder = tmp_path / "served" / name
        folder.mkdir(parents=True)
        content = entry if name == "sklearn" else b""
        (folder / "objects.inv").write_bytes(HEAD + zlib.compress(content))
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            page = build(url)
        finally:
            server.shutdown()
    assert f'href="{url}/sklearn/{PLACE}#sklearn.pipeline.Pipeline"' in page
