"""Paving and discs: one euro as a hundred tiles, one gift as one disc."""

import math
from collections.abc import Sequence

from flask_babel import gettext, ngettext
from markupsafe import Markup

from app.web.pictures.bars import Sum
from app.web.pictures.drawing import frame, n

MOST_DISCS = 240


def _cents(value: Sum | int) -> int:
    return value if isinstance(value, int) else value.cents


def hundred(weights: Sequence[int]) -> list[int]:
    """A hundred parts shared by weight with the largest remainder; equal remainders go to the earlier line."""
    whole = sum(weights)
    if whole <= 0:
        return [0 for _ in weights]
    shares = [divmod(weight * 100, whole) for weight in weights]
    counts = [count for count, _ in shares]
    order = sorted(range(len(shares)), key=lambda k: (-shares[k][1], k))
    for k in order[: 100 - sum(counts)]:
        counts[k] += 1
    return counts


def tile_class(position: int) -> str:
    """The colour of the line at this position (from 0): never a payer's colour."""
    return f"t{min(position, 7) + 1}"


def paving(lines: Sequence[Sum | int], label: str | None = None) -> Markup:
    """A hundred tiles, the cents of one euro, in the order of the budget lines; a table stands beside."""
    side, gap = 30, 3
    step = side + gap
    out, at = [], 0
    for position, count in enumerate(hundred([_cents(line) for line in lines])):
        for _ in range(count):
            x, y = at % 10 * step, at // 10 * step
            out.append(f'<rect class="{tile_class(position)}" x="{x}" y="{y}" width="{side}" height="{side}"/>')
            at += 1
    whole = 10 * step - gap
    return frame(out, f'class="cv-tiles" viewBox="0 0 {whole} {whole}"', label)


def discs(gifts: Sequence[Sum | int], *, empty: bool = True, width: int = 740) -> Markup:
    """One disc per gift, as large as its amount (radius 4 + 2.1·√euro); the last, empty one is the reader's."""
    shown = [_cents(gift) for gift in gifts[:MOST_DISCS]]
    x, y, row, out = 0.0, 0.0, 58.0, []
    for cents in [*shown, *([0] if empty else [])]:
        yours = cents == 0
        r = min(4 + 2.1 * math.sqrt((5000 if yours else cents) / 100), 80)
        if x + 2 * r > width:
            x, y = 0.0, y + row
        high = max(row, 2 * r + 4)
        row = high if x == 0 else max(row, high)
        if yours:
            out.append((x + r, y, r - 2, "w-you"))
        else:
            out.append((x + r, y, r, "w-gift"))
        x += 2 * r + 7
    rows: dict[float, float] = {}
    for _, top, r, _ in out:
        rows[top] = max(rows.get(top, 58.0), 2 * r + 4)
    body = [f'<circle class="{cls}" cx="{n(cx)}" cy="{n(top + rows[top] / 2)}" r="{n(r)}"/>' for cx, top, r, cls in out]
    tall = max((top + high for top, high in rows.items()), default=58.0)
    count = len(gifts)
    words = ngettext(
        "%(num)d disc, one for each gift, as large as its amount",
        "%(num)d discs, one for each gift, as large as their amounts",
        count,
    )
    if empty:
        words += gettext("; the last one is empty and waits for you")
    return frame(body, f'class="cv-discs" viewBox="0 0 {width} {n(tall)}"', words)
