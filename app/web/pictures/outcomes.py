"""How the projects of a round come out: one bar each, as wide as its budget among the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flask_babel import gettext
from markupsafe import Markup, escape

from app.web.filters import money, money_short
from app.web.pictures.bars import Sum, band, cut, tick_mark
from app.web.pictures.drawing import frame

STEP, HIGH = 52, 18


class Outcome(Protocol):
    """One project of a round."""

    @property
    def title(self) -> str: ...
    @property
    def budget(self) -> Sum: ...
    @property
    def threshold(self) -> Sum: ...
    @property
    def gifts(self) -> Sum: ...
    @property
    def match(self) -> Sum: ...
    @property
    def won(self) -> bool: ...


def outcomes(rows: Sequence[Outcome]) -> Markup:
    """Gifts, the city's part and what is missing of each project; a project that does not win has a thin bar."""
    widest = max([*(row.budget.cents for row in rows), 1])
    parts, told = [], []
    for n, row in enumerate(rows):
        top = n * STEP + 22
        gifts, city = min(row.gifts.cents, row.budget.cents), row.match.cents
        city = min(city, row.budget.cents - gifts)
        parts.append(f'<text class="b-lab" x="0" y="{top - 6}">{escape(row.title)}</text>')
        parts.append(f'<text class="b-lab" x="100%" y="{top - 6}" text-anchor="end">{money_short(row.match)}</text>')
        parts.append(band("gap", 0, row.budget.cents, widest, top, HIGH))
        if row.won:
            parts.append(band("city", gifts, city, widest, top, HIGH))
            parts.append(band("don", 0, gifts, widest, top, HIGH))
            parts += [cut(gifts, widest, top, HIGH)] if gifts and city else []
        else:
            parts.append(band("don", 0, gifts, widest, top + HIGH - 6, 6))
        parts.append(tick_mark(row.threshold.cents, widest, top - 3, top + HIGH))
        words = {"title": row.title, "gifts": money(row.gifts), "match": money(row.match)}
        told.append(str(gettext("%(title)s: gifts %(gifts)s, city %(match)s.", **words)))
    high = len(rows) * STEP + 4
    said = gettext("%(won)s of %(all)s projects win", won=sum(row.won for row in rows), all=len(rows))
    return frame(parts, f'class="cv-bar cv-outcomes" width="100%" height="{high}"', str(said), " ".join(told))
