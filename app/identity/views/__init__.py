"""Registration, sign-in, the account, and the administrators' page of roles."""

from app.identity.views import account, enter, people, register
from app.identity.views.board import bp

__all__ = ["account", "bp", "enter", "people", "register"]
