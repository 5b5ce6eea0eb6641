"""Reads of the money of projects and of what single gifts paid."""

from app.transparency.queries.arithmetic import Arithmetic, Phase, arithmetic
from app.transparency.queries.gifts import GiftStory, LineShare, candidates, gift_story, stories, to_tell, unwritten
from app.transparency.queries.trail import (
    Ending,
    Figures,
    Reached,
    Row,
    Trail,
    checks,
    ending,
    projects,
    reached,
    register,
    totals,
    trail,
)

__all__ = [
    "Arithmetic",
    "Ending",
    "Figures",
    "GiftStory",
    "LineShare",
    "Phase",
    "Reached",
    "Row",
    "Trail",
    "arithmetic",
    "candidates",
    "checks",
    "ending",
    "gift_story",
    "projects",
    "reached",
    "register",
    "stories",
    "to_tell",
    "totals",
    "trail",
    "unwritten",
]
