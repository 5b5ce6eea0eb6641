"""The pages of a proposal: its task list, its parts, signing and sending, joining, and the office's check."""

from app.proposals.views import joining, mine, office, parts, signing, tasks
from app.proposals.views.board import bp

__all__ = ["bp", "joining", "mine", "office", "parts", "signing", "tasks"]
