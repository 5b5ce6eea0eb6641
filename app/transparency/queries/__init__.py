"""Reads of the money of projects and of what single gifts paid."""

from app.transparency.queries.gifts import GiftStory, LineShare, candidates, gift_story, stories, to_tell, unwritten
from app.transparency.queries.trail import (
    Figures,
    Row,
    Trail,
    checks,
    projects,
    public_campaigns,
    register,
    totals,
    trail,
)

__all__ = [
    "Figures",
    "GiftStory",
    "LineShare",
    "Row",
    "Trail",
    "candidates",
    "checks",
    "gift_story",
    "projects",
    "public_campaigns",
    "register",
    "stories",
    "to_tell",
    "totals",
    "trail",
    "unwritten",
]
