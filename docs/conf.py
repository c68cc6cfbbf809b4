"""Sphinx builds the user guide and the API reference with this; no network is needed."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import sklearn_textnn

project = "sklearn_textnn"
author = "The sklearn_textnn developers"
copyright = author
version = release = sklearn_textnn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",  # the docstrings' format
    "myst_parser",  # the pages in Markdown: design notes, changelog, contributing
]
exclude_patterns = ["_build", "tables"]
smartquotes = False  # defaults such as "auto" stay what one types
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}

autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # api.rst asks autodoc for them
numpydoc_class_members_toctree = False

myst_heading_anchors = 3

html_theme = "alabaster"
html_theme_options = {
    "description": "Text classification with neural networks, in scikit-learn's manner",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "230px",
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
