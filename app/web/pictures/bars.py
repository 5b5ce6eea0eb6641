"""Bars of money: cotto is people, blue is the city, hatched is promised, solid is real."""

from collections.abc import Sequence
from typing import Protocol

from flask_babel import gettext
from markupsafe import Markup

from app.web.filters import money, money_short
from app.web.pictures.drawing import frame, pc


class Sum(Protocol):
    """A sum in cents."""

    @property
    def cents(self) -> int:
        """The sum in cents."""


KINDS = {
    "don": 'class="b-don"',
    "city": 'class="b-blue"',
    "hatch": 'class="b-city" fill="url(#hatch)"',
    "ink": 'class="b-ink"',
    "green": 'class="b-green"',
    "gap": 'class="b-gap"',
    "mine": 'class="b-mine"',
}


def band(kind: str, x: float, width: float, whole: float, top: float, height: float) -> str:
    """One part of a bar, from x on, as a share of the whole."""
    if width <= 0:
        return ""
    return f'<rect {KINDS[kind]} x="{pc(x, whole)}" y="{top:g}" width="{pc(width, whole)}" height="{height:g}"/>'


def tick_mark(x: float, whole: float, top: float, bottom: float) -> str:
    """The ink line of a threshold."""
    return f'<rect class="b-thr" x="{pc(x, whole)}" y="{top:g}" width="3" height="{bottom - top:g}"/>'


def cut(x: float, whole: float, top: float, height: float) -> str:
    """The white gap between two parts: people and city never touch."""
    place = pc(x, whole)
    return f'<rect class="b-cut" x="{place}" y="{top:g}" width="4" height="{height:g}" transform="translate(-2 0)"/>'


def _sentence(raised: Sum, threshold: Sum, city: int, confirmed: bool, returned: int) -> str:
    class _Cents:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    words = {"raised": money(raised), "threshold": money(threshold), "city": money(_Cents(city))}
    if not confirmed and raised.cents < threshold.cents:
        text = gettext(
            "Donors %(raised)s of a threshold of %(threshold)s; the city adds %(city)s when the threshold is reached",
            **words,
        )
    elif not confirmed:
        text = gettext(
            "Donors %(raised)s, past the threshold of %(threshold)s; the city adds %(city)s if the collection succeeds",
            **words,
        )
    else:
        text = gettext("Donors %(raised)s; the city has confirmed %(city)s", **words)
    if returned:
        text += gettext("; %(sum)s go back to the fund", sum=money(_Cents(returned)))
    return str(text)


def money_bar(
    raised: Sum,
    threshold: Sum,
    budget: Sum,
    *,
    match: Sum | None = None,
    city: Sum | None = None,
    mine: Sum | None = None,
    stretch: Sum | None = None,
    spent: Sum | None = None,
    returned: Sum | None = None,
    height: int = 30,
    label: bool = True,
) -> Markup:
    """One campaign's bar: full width is the budget (and stretch lines), the tick is the threshold.

    `match` given = confirmed: the city's part is solid; without it, hatched, at most `city`. `mine` is the reader's
    own part of `raised`, a sun slice; `spent` an ink line below; `returned` a hatched band that leads out to the fund.
    """
    full = budget.cents + (stretch.cents if stretch else 0)
    full = max(full, 1)
    gifts, tick = min(raised.cents, full), threshold.cents
    top, over = (26 if label else 0), (4 if stretch and stretch.cents else 0)
    bottom = top + height
    confirmed = match is not None
    start = gifts if confirmed or gifts > tick else tick
    adds = match.cents if match is not None else max(budget.cents - start, 0)
    if match is None and city is not None:
        adds = min(adds, city.cents)
    adds = min(adds, full - start)
    back = min(returned.cents, full - start - adds) if returned else 0
    parts = [band("gap", 0, full, full, top, height)]
    parts.append(band("city" if confirmed else "hatch", start, adds, full, top, height))
    parts.append(band("hatch", start + adds, back, full, top + height / 4, height / 2))
    parts.append(band("don", 0, gifts, full, top, height))
    if adds and gifts >= start:
        parts.append(cut(gifts, full, top, height))
    if spent and spent.cents:
        parts.append(band("ink", 0, min(spent.cents, full), full, bottom + 4, 6))
    parts.append(tick_mark(tick, full, 0, bottom))
    if stretch and stretch.cents:
        parts.append(tick_mark(budget.cents, full, top - over, bottom))
    if mine and mine.cents:
        share = mine.cents / full
        x = pc(max(gifts - mine.cents, 0), full)
        wide = "6" if share < 0.02 else pc(mine.cents, full)
        parts.append(f'<rect {KINDS["mine"]} x="{x}" y="{top - 6}" width="{wide}" height="{height + 12}"/>')
    if label:
        side = 'dx="-8" text-anchor="end"' if tick / full > 0.6 else 'dx="10"'
        words = gettext("Threshold %(sum)s", sum=money_short(threshold))
        parts.append(f'<text class="b-lab" x="{pc(tick, full)}" {side} y="15">{words}</text>')
    tall = bottom + (10 if spent and spent.cents else 0)
    said = _sentence(raised, threshold, adds, confirmed, back)
    return frame(parts, f'class="cv-bar" width="100%" height="{tall}"', said)


def share_bar(
    parts: Sequence[tuple[Sum | int, str]],
    sentence: str,
    height: int = 44,
    whole: Sum | int | None = None,
    cls: str = "",
) -> Markup:
    """Several sums side by side, parted by a white cut; what is left of the whole stays the gap colour."""
    sums = [(part if isinstance(part, int) else part.cents, kind) for part, kind in parts]
    total = whole if isinstance(whole, int) else whole.cents if whole is not None else sum(value for value, _ in sums)
    total = max(total, 1)
    out, x = [band("gap", 0, 1, 1, 0, height)], 0
    for value, kind in sums:
        out.append(band(kind, x, value, total, 0, height))
        if x and value:
            out.append(cut(x, total, 0, height))
        x += value
    if 0 < x < total:
        out.append(cut(x, total, 0, height))
    return frame(out, f'class="cv-bar{" " + cls if cls else ""}" width="100%" height="{height}"', sentence)


def score_bar(points: float, of: float = 100, kind: str = "ink", height: int = 8) -> Markup:
    """A thin bar below a number that says the same."""
    done = max(0.0, min(float(points), float(of)))
    parts = [band("gap", 0, 1, 1, 0, height), band(kind, 0, done, float(of), 0, height)]
    return frame(parts, f'class="cv-mini" width="100%" height="{height}"')


def key_mark(kind: str) -> Markup:
    """The square that stands for one part of a bar, or one line of the paving (t1 … t8)."""
    look = KINDS.get(kind, f'class="{kind}"')
    return frame([f'<rect {look} width="16" height="16"/>'], 'width="16" height="16"')
