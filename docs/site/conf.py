"""Sphinx's settings for the site; `tools/publish.py site` brings the pages together and runs it."""

import importlib.metadata
import re

project = "Neural style transfer, step by step"
author = "the authors of the course"
release = version = importlib.metadata.version("nsthelpers")
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["course.css"]
templates_path = ["templates"]
html_sidebars = {"**": ["home-and-search.html", "sbt-sidebar-nav.html"]}
html_show_sourcelink = False
html_theme_options = {
    "use_download_button": False,  # each notebook has a link of its own: Sphinx's copy has no attachments
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "navbar_start": [],  # the bar at the side has title and search
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "pygments_light_style": "a11y-high-contrast-light",  # all colours at least 6.6 : 1 on the theme's grey
    "pygments_dark_style": "a11y-high-contrast-dark",
}
# From npm, copied at build time: a page asks no other host for anything.
mathjax_path = "mathjax/tex-chtml.js"
nb_execution_mode = "off"
nb_number_source_lines = False
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/jpeg", 10)]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "code"


def short_types(app, what, name, thing, options, signature, returns):
    """Where a default value is no Python, Sphinx leaves the types as it found them: ~torch.Tensor."""
    return signature and re.sub(r"~[\w.]+\.|<class '(\w+)'>", r"\1", signature), returns


def setup(app):
    app.connect("autodoc-process-signature", short_types)
