"""The application for a WSGI server and for `flask --app wsgi …`."""

import gc

gc.disable()  # what is made while the application is built stays: looking through it for waste finds none

from app.factory import create_app, is_command_line, refuse_wrong_role  # noqa: E402

app = create_app()
gc.freeze()  # nor is it ever looked through again
gc.enable()
if not is_command_line():
    refuse_wrong_role(app)
