"""The only writer of the room's tables: writing the text, signing it, sending it, checking it."""

from app.proposals.service.sending import check, submit, withdraw
from app.proposals.service.signing import ask_code, sign
from app.proposals.service.writing import (
    accept,
    drop_picture,
    invite,
    join,
    leave,
    save_budget,
    save_idea,
    save_impact,
    save_milestones,
    save_people,
    save_place,
    save_story,
    start,
)

__all__ = [
    "accept",
    "ask_code",
    "check",
    "drop_picture",
    "invite",
    "join",
    "leave",
    "save_budget",
    "save_idea",
    "save_impact",
    "save_milestones",
    "save_people",
    "save_place",
    "save_story",
    "sign",
    "start",
    "submit",
    "withdraw",
]
