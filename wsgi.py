"""The application for a WSGI server and for `flask --app wsgi …`."""

from app.factory import create_app, is_command_line, refuse_wrong_role

app = create_app()
if not is_command_line():
    refuse_wrong_role(app)
