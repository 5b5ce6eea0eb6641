"""A group's own pages, the task list of its body, and the office's verification."""

from app.groups.views import body, office, people
from app.groups.views.board import bp

__all__ = ["body", "bp", "office", "people"]
