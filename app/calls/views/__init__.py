"""Calls: what everybody reads, and the office’s task list to set one up."""

from app.calls.views import office, public, simulator
from app.calls.views.board import bp

__all__ = ["bp", "office", "public", "simulator"]
