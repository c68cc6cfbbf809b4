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
    "sphinx.ext.autosummary",  # a page for each public name
    "sphinx.ext.intersphinx",
    "sphinx_gallery.gen_gallery",  # runs docs/gallery and shows what it drew
    "numpydoc",  # the docstrings' format
    "myst_parser",  # the pages in Markdown: design notes, changelog, contributing
]
exclude_patterns = ["_build", "_templates", "gallery", "tables"]
templates_path = ["_templates"]
smartquotes = False  # defaults such as "auto" stay what one types
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}

autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # _templates/autosummary/class.rst asks autodoc for them
numpydoc_class_members_toctree = False

myst_heading_anchors = 3

# Inventories of other projects are fetched. Where there is no network, the empty one stands in:
# names of other projects are then set as code, without a link, and nothing warns.
WITHOUT_NETWORK = "no_links.inv"
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", (None, WITHOUT_NETWORK)),
    "numpy": ("https://numpy.org/doc/stable", (None, WITHOUT_NETWORK)),
    "pandas": ("https://pandas.pydata.org/docs", (None, WITHOUT_NETWORK)),
    "sklearn": ("https://scikit-learn.org/stable", (None, WITHOUT_NETWORK)),
}
intersphinx_timeout = 5  # seconds

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "generated/gallery",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}


def leave_out_other_packages(app, what, name, obj, skip, options):
    """Skip inherited members that scikit-learn, NumPy or Python document themselves."""
    function = getattr(obj, "fget", obj)
    if not callable(function):
        return None
    module = getattr(function, "__module__", None) or ""
    return None if module.startswith(project) else True


def setup(app):
    app.connect("autodoc-skip-member", leave_out_other_packages)
