"""The web server: `python -m run.web` is granian with the application built before its workers are born.

They share what it has read and made, so a start costs one building, not one for each.
"""

from granian.cli import cli

import wsgi  # noqa: F401 - the workers find it made

cli()
