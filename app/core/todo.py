"""One thing that somebody has to do: what rooms offer to the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.core.money import Money


@dataclass(frozen=True)
class Todo:
    """A line of the desk: what (English msgid), about what, where, in which state, by when."""

    what: str
    subject: str
    endpoint: str
    args: Mapping[str, Any]
    state: str  # todo · now · wait · late · done
    room: str
    params: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    amount: Money | None = None
    zone: str | None = None
    role: str = ""  # whose work it is where anybody who holds the role may do it; empty: this person's own

    @property
    def key(self) -> str:
        """The thing to do by one name, for everybody the same."""
        args = ",".join(f"{name}={value}" for name, value in sorted(self.args.items()))
        return f"{self.endpoint}:{args}:{self.what}"
