"""Sphinx: MyST pages in the Furo theme; warnings are errors (`make docs`)."""

from venule import __version__

project = "Venule"
author = "The Venule authors"
project_copyright = "The Venule authors, Apache-2.0"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"Venule {__version__}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sphinx = False
