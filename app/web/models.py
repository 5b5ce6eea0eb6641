"""What readers write to the office."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.web.rules import About


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
