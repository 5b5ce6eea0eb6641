"""What readers write to the office, and what the desk keeps: saved views, who takes care of what, calendars, work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.web.rules import About, Kind, State


class Feedback(Model):
    """One reader's words to the office, kept with the page they are about."""

    __tablename__ = "web_feedback"
    __table_args__ = (
        CheckConstraint(named_check("about", About), name="about"),
        CheckConstraint("length(words) between 10 and 4000", name="words"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    about: Mapped[About] = mapped_column(Named(About))
    page: Mapped[str]  # the address or the words by which the reader named it; may be empty
    words: Mapped[str]
    email: Mapped[str]  # empty where the reader wants no answer
    language: Mapped[str]
    written_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class SavedView(Model):
    """One person's own view of a list: its name and what was asked, in keys that the list knows."""

    __tablename__ = "web_saved_view"
    __table_args__ = (
        UniqueConstraint("person_id", "list", "name"),
        CheckConstraint("length(name) between 1 and 60", name="name_length"),
        CheckConstraint("jsonb_typeof(asked) = 'object'", name="asked"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    list: Mapped[str]
    name: Mapped[str]
    asked: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class Taken(Model):
    """A thing to do of the office that one person takes care of."""

    __tablename__ = "web_taken"

    task: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"), index=True)
    given_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    given_at: Mapped[datetime]


class Feed(Model):
    """A person's private calendar address; only the hash of its secret is kept."""

    __tablename__ = "web_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class Work(Model):
    """Long work that somebody waits for: how far it is, and how it ended."""

    __tablename__ = "web_work"
    __table_args__ = (
        CheckConstraint(named_check("kind", Kind), name="kind"),
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint("done >= 0 and total >= 0", name="how_far"),
        CheckConstraint("(state in ('done', 'failed', 'stopped')) = (ended_at is not null)", name="ended"),
        Index(
            "uq_web_work_one_at_a_time",
            "kind",
            "asked_by",
            unique=True,
            postgresql_where=text("state in ('waiting', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[Kind] = mapped_column(Named(Kind))
    state: Mapped[State] = mapped_column(Named(State))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    result: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    language: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stop_asked: Mapped[bool] = mapped_column(server_default=text("false"))


class WorkPart(Model):
    """A portion of what long work made, in order."""

    __tablename__ = "web_work_part"

    work_id: Mapped[int] = mapped_column(ForeignKey("web_work.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str]
