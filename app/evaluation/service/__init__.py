"""The only writer of the evaluation room: appointing, declaring, scoring, ranking, approving."""

from app.evaluation.service.ranking import approve_ranking, call_up, draw_ranking, undraw
from app.evaluation.service.scoring import Mark, appoint, declare, score

__all__ = [
    "Mark",
    "appoint",
    "approve_ranking",
    "call_up",
    "declare",
    "draw_ranking",
    "score",
    "undraw",
]
