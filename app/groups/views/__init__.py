"""A group's own pages, its public one, the task list of its body, and the office's verification."""

from app.groups.views import body, office, people, public
from app.groups.views.board import bp

__all__ = ["body", "bp", "office", "people", "public"]
