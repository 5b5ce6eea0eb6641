"""Messages waiting and sent."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.outbox.rules import State


class Message(Model):
    """One mail to one address, in the words it was written with."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent_when"),
        Index("ix_outbox_message_due", "next_try_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_outbox_message_recipient", "recipient", "id"),
        Index("ix_outbox_message_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    recipient: Mapped[str]
    language: Mapped[str]
    template: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]  # the rendered template, marks included; both parts of the mail are made from it
    sealed: Mapped[bytes | None]  # the links and codes of the body, encrypted: the body has marks in their place
    unsubscribe: Mapped[str | None]  # news only: the page that ends it, its secret sealed too
    state: Mapped[State] = mapped_column(Named(State), server_default=text("'waiting'"))
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    again_at: Mapped[datetime | None]  # an administrator had it sent once more
    again_by: Mapped[str | None]
