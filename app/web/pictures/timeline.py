"""How promises grew day by day, against the threshold; widths are percentages: words keep their size on phones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext
from markupsafe import Markup, escape

from app.core.money import ZERO, Money
from app.web.filters import day, money, money_short
from app.web.pictures.drawing import frame, n, pc

HIGH, TOP, FOOT = 150, 24, 26


def timeline(days: Sequence[tuple[date, Money, int]], threshold: Money, opens: date, closes: date) -> Markup:
    """The steps by which the sum of the counted promises grew: each day's date, sum and number of gifts."""
    span = max((closes - opens).days + 1, 1)
    sums = _grown(days)
    last = sums[-1][1] if sums else ZERO
    most = max(last.cents, threshold.cents, 1)

    def height(sum_: Money) -> float:
        return HIGH * sum_.cents / (most * 1.08)

    parts = [f'<rect class="b-gap" y="{TOP + HIGH}" width="100%" height="2"/>']
    starts = [min(max((when - opens).days, 0), span - 1) for when, _sum in sums]
    # A step stands until the next one begins; the last one for its own day.
    for (_when, sum_), left, right in zip(sums, starts, [*starts[1:], starts[-1] + 1] if starts else [], strict=True):
        tall = height(sum_)
        place = f'x="{pc(left, span)}" width="{pc(right - left, span)}"'
        parts.append(f'<rect class="b-don" {place} y="{n(TOP + HIGH - tall)}" height="{n(tall)}"/>')
    line = TOP + HIGH - height(threshold)
    words = gettext("Threshold %(sum)s", sum=money_short(threshold))
    parts.append(f'<rect class="b-thr" y="{n(line - 1)}" width="100%" height="2"/>')
    parts.append(f'<text class="b-lab" x="0" y="{n(line - 8)}">{escape(words)}</text>')
    foot = TOP + HIGH + 20
    parts.append(f'<text class="b-lab" x="0" y="{foot}">{escape(day(opens, year=False))}</text>')
    parts.append(f'<text class="b-lab" x="100%" y="{foot}" text-anchor="end">{escape(day(closes, year=False))}</text>')
    said = gettext("Promises day by day: %(sum)s of %(threshold)s", sum=money(last), threshold=money(threshold))
    return frame(
        parts, f'class="cv-growth" width="100%" height="{TOP + HIGH + FOOT}"', str(said), _told(days, opens, closes)
    )


def _grown(days: Sequence[tuple[date, Money, int]]) -> list[tuple[date, Money]]:
    """Each day with the sum that stood at its end."""
    found, whole = [], ZERO
    for when, sum_, _gifts in days:
        whole += sum_
        found.append((when, whole))
    return found


def _told(days: Sequence[tuple[date, Money, int]], opens: date, closes: date) -> str:
    words = gettext("From %(opens)s to %(closes)s.", opens=day(opens), closes=day(closes))
    if days:
        best = max(days, key=lambda one: one[1])
        more = gettext("The strongest day: %(day)s, with %(sum)s.", day=day(best[0]), sum=money(best[1]))
        words = f"{words} {more}"
    return str(words)
