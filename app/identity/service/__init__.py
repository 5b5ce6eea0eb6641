"""What can be done with accounts; the only writer of this room's tables."""

from app.identity.service.account import (
    ask_reset,
    change_details,
    change_password,
    open_reset,
    reset_password,
)
from app.identity.service.brakes import brake, forgive, tidy
from app.identity.service.codes import issue_code, use_code
from app.identity.service.registration import become_person, confirm_email, open_registration, register
from app.identity.service.roles import end_role, grant
from app.identity.service.sessions import end_other_sessions, end_session, open_session, sign_in, sign_out, touch

__all__ = [
    "ask_reset",
    "become_person",
    "brake",
    "change_details",
    "change_password",
    "confirm_email",
    "end_other_sessions",
    "end_role",
    "end_session",
    "forgive",
    "grant",
    "issue_code",
    "open_registration",
    "open_reset",
    "open_session",
    "register",
    "reset_password",
    "sign_in",
    "sign_out",
    "tidy",
    "touch",
    "use_code",
]
