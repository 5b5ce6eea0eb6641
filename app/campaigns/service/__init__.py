"""Verbs on campaigns; the only writer of the room's tables."""

from app.campaigns.service.life import accounts_of, ask_to_launch, close, confirm_ready, prepare, send_back
from app.campaigns.service.shelf import (
    add_document,
    describe,
    hang_photo,
    hang_video,
    remove_document,
    shift,
    take_down,
)
from app.campaigns.service.words import answer_question, ask_question, post_update, rewrite_update, write_text

__all__ = [
    "accounts_of",
    "add_document",
    "answer_question",
    "ask_question",
    "ask_to_launch",
    "close",
    "confirm_ready",
    "describe",
    "hang_photo",
    "hang_video",
    "post_update",
    "prepare",
    "remove_document",
    "rewrite_update",
    "send_back",
    "shift",
    "take_down",
    "write_text",
]
