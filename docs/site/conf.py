# SPDX-License-Identifier: Apache-2.0
"""Sphinx's settings for the site, and formulas as MathML, which needs no script in the browser."""
import os
import pathlib
import re

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.util import logging

root = pathlib.Path(os.environ["PION_ROOT"])
version = ".".join(re.findall(r"#define PION_VERSION_\w+ (\d+)",
                              (root / "include/pion/version.hpp").read_text(encoding="utf-8")))

project = "pion"
release = version
language = "en"
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nitpicky = True
highlight_language = "none"

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = f"pion {version}"
html_static_path = ["static"]
html_css_files = ["pion.css"]
html_extra_path = [str(root / "build/site-work/extra")]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": True}


def visit_math(translator, node):
    as_block = node.tagname == "math_block"
    tex = node.astext()
    try:
        formula = latex2mathml.tex2mathml(tex, as_block=as_block)
    except Exception as error:  # docutils raises several kinds
        logging.getLogger(__name__).warning("a formula does not render: %s (%s)", tex, error,
                                            location=node)
        formula = ""
    translator.body.append(f'<div class="formula">{formula}</div>' if as_block else formula)
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
