"""Accounts."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class Person(Model):
    """Someone with an account."""

    __tablename__ = "identity_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    name: Mapped[str]
    email_confirmed_at: Mapped[datetime | None]
