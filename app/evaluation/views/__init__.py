"""Evaluation: the evaluators’ pages, the office’s panel, and the ranking that everybody reads."""

from app.evaluation.views import assess, office, ranking
from app.evaluation.views.board import bp

__all__ = ["assess", "bp", "office", "ranking"]
