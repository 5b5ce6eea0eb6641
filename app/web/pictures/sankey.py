"""The journey of a project's money: donors and city, tranches, the association, the lines it was spent on."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from app.web.filters import money, money_short
from app.web.pictures.bars import Sum
from app.web.pictures.drawing import n

NODE, HIGH, GAP, ROW = 14, 300.0, 48.0, 54.0


@dataclass(frozen=True)
class Cents:
    """A sum made here from other sums."""

    cents: int


@dataclass(frozen=True)
class Part:
    """One way the city's money takes: paid, back to the fund, or still to come."""

    name: str
    cents: int
    kind: str  # paid | back | later


@dataclass(frozen=True)
class Journey:
    """All the figures of one picture."""

    gifts: int
    donors: int
    city: int
    parts: tuple[Part, ...]
    lines: tuple[tuple[str, int], ...]
    unspent: int

    @property
    def received(self) -> int:
        """What the association received."""
        return self.gifts + sum(part.cents for part in self.parts if part.kind == "paid")

    @property
    def whole(self) -> int:
        """Everything that flows in."""
        return max(self.gifts + self.city, 1)


def _node(x: float, y: float, w: float, h: float, cls: str) -> str:
    return f'<rect class="{cls}" x="{n(x)}" y="{n(y)}" width="{n(w)}" height="{n(h)}"/>'


def _across(x0: float, y0: float, x1: float, y1: float, h: float, cls: str) -> str:
    m = (x0 + x1) / 2
    top = f"M{n(x0)} {n(y0)}C{n(m)} {n(y0)} {n(m)} {n(y1)} {n(x1)} {n(y1)}"
    low = f"V{n(y1 + h)}C{n(m)} {n(y1 + h)} {n(m)} {n(y0 + h)} {n(x0)} {n(y0 + h)}Z"
    return f'<path class="{cls}" d="{top}{low}"/>'


def _down(x0: float, y0: float, x1: float, y1: float, w: float, cls: str) -> str:
    m = (y0 + y1) / 2
    left = f"M{n(x0)} {n(y0)}C{n(x0)} {n(m)} {n(x1)} {n(m)} {n(x1)} {n(y1)}"
    right = f"H{n(x1 + w)}C{n(x1 + w)} {n(m)} {n(x0 + w)} {n(m)} {n(x0 + w)} {n(y0)}Z"
    return f'<path class="{cls}" d="{left}{right}"/>'


def _text(x: float, y: float, figure: str, words: str, anchor: str = "start", drop: int = 0) -> str:
    place = f' x="{n(x)}" dy="{drop}"' if drop else ' dx="8"'
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    first = f'<tspan class="sk-v">{escape(figure)}</tspan>'
    return f'<text class="sk-l" x="{n(x)}" y="{n(y)}"{side}>{first}<tspan{place}>{escape(words)}</tspan></text>'


FLOWS = {"paid": "f-city", "back": "f-back", "later": "f-later"}
NODES = {"paid": "n-city", "back": "n-back", "later": "n-later"}


COLUMNS = (0.0, 330.0, 660.0, 920.0)


class _Wide:
    """The drawing from left to right: ribbons first, then nodes and words over them."""

    def __init__(self, j: Journey, words: dict[str, str]) -> None:
        self.j, self.words = j, words
        self.k = HIGH / j.whole
        self.gifts_y = 40.0
        self.city_y = max(self.gifts_y + j.gifts * self.k + 68, 110.0)
        self.bottom = self.city_y
        self.starts: list[float] = []
        self.ribbons: list[str] = []
        self.labels: list[str] = []

    def node(self, column: int, y: float, cents: int, cls: str) -> None:
        """One sum as an upright bar."""
        self.labels.append(_node(COLUMNS[column], y, NODE, max(cents * self.k, 3), cls))

    def ribbon(self, column: int, y0: float, y1: float, cents: int, cls: str) -> None:
        """A sum on its way to the next column."""
        x0, x1 = COLUMNS[column] + NODE, COLUMNS[column + 1]
        self.ribbons.append(_across(x0, y0, x1, y1, cents * self.k, cls))

    def givers(self) -> None:
        """What donors gave, collected."""
        if self.j.gifts:
            self.ribbon(0, self.gifts_y, self.gifts_y, self.j.gifts, "f-don")
            self.node(0, self.gifts_y, self.j.gifts, "n-don")
            self.node(1, self.gifts_y, self.j.gifts, "n-don")
            self.say(1, self.gifts_y - 14, self.j.gifts, self.words["collected"])
            self.say(0, self.gifts_y - 14, self.j.gifts, self.words["donors"])

    def say(self, column: int, y: float, cents: int, words: str) -> None:
        """A figure with its words on one line."""
        self.labels.append(_text(COLUMNS[column], y, money(Cents(cents)), words))

    def city(self) -> None:
        """The city's ways: the first runs straight, the others drop below it."""
        self.say(0, self.city_y - 14, self.j.city, self.words["city"])
        if self.j.city:
            self.node(0, self.city_y, self.j.city, "n-city")
        y = source = self.city_y
        for place, part in enumerate(self.j.parts):
            h = max(part.cents * self.k, 3)
            self.starts.append(y)
            self.ribbon(0, source, y, part.cents, FLOWS[part.kind])
            self.node(1, y, part.cents, NODES[part.kind])
            if part.kind == "paid":
                self.say(1, y - 14 if place == 0 else y + h + 24, part.cents, part.name)
            else:
                x = COLUMNS[1] + NODE + 12
                self.labels.append(_text(x, y + h / 2 + 5, money(Cents(part.cents)), part.name))
            source += part.cents * self.k
            y += h + (GAP if part.kind == "paid" else 30)
        self.bottom = y

    def association(self) -> float:
        """What the association received, between what came and what it spent; returns where its bar begins."""
        tall = max(self.j.received * self.k, 3)
        top = max(self.gifts_y + 40, min(112.0, self.bottom - tall - 60))
        at = top
        if self.j.gifts:
            self.ribbon(1, self.gifts_y, at, self.j.gifts, "f-don")
            at += self.j.gifts * self.k
        for start, part in zip(self.starts, self.j.parts, strict=True):
            if part.kind == "paid":
                self.ribbon(1, start, at, part.cents, "f-city")
                at += part.cents * self.k
        self.node(2, top, self.j.received, "n-use")
        end, figure = COLUMNS[2] + NODE, money(Cents(self.j.received))
        self.labels.append(_text(end, top + tall + 26, figure, self.words["association"], "end", 20))
        self.bottom = max(self.bottom, top + tall + 56)
        return top

    def uses(self, source: float) -> None:
        """The lines it was spent on, and what is not yet accounted for."""
        y = 40.0
        rows = [(name, cents, "f-use", "n-use") for name, cents in self.j.lines]
        if self.j.unspent:
            rows.append((self.words["unspent"], self.j.unspent, "f-rest", "n-rest"))
        for name, cents, flow, node in rows:
            h = max(cents * self.k, 3)
            self.ribbon(2, source, y, cents, flow)
            self.node(3, y, cents, node)
            x = COLUMNS[3] + NODE + 12
            self.labels.append(_text(x, y + h / 2 - 2, money(Cents(cents)), name, drop=19))
            source += cents * self.k
            y += max(h + 20, ROW)
        self.bottom = max(self.bottom, y)

    def drawn(self) -> str:
        """The whole picture."""
        self.givers()
        self.city()
        if self.j.received:
            self.uses(self.association())
        frame = f'class="cv-sankey" viewBox="0 0 1200 {n(self.bottom)}" role="img"'
        title, desc = escape(self.words["title"]), escape(self.words["desc"])
        head = f'<title id="sk-t">{title}</title><desc id="sk-d">{desc}</desc>'
        body = "".join(self.ribbons) + "".join(self.labels)
        return f'<svg {frame} aria-labelledby="sk-t" aria-describedby="sk-d">{head}{body}</svg>'


class _Tall:
    """The same on a phone, from top to bottom; the lines stay in the table below."""

    WIDE, NODE, TOP, MIDDLE, LOW, END = 350.0, 12.0, 48.0, 240.0, 366.0, 500.0

    def __init__(self, j: Journey, words: dict[str, str]) -> None:
        self.j, self.words = j, words
        self.k = 270 / j.whole
        self.ribbons: list[str] = []
        self.labels: list[str] = []
        self.spots = self._spots()

    def _spots(self) -> list[float]:
        """Where each way of the city ends: what leaves stands right, what is paid left of it with room for words."""
        spots, edge = [0.0] * len(self.j.parts), self.WIDE
        for kind_paid in (False, True):
            for place in reversed(range(len(self.j.parts))):
                part = self.j.parts[place]
                if (part.kind == "paid") is not kind_paid:
                    continue
                width = max(part.cents * self.k, 3)
                room = max(width, 78.0) if kind_paid else width
                spots[place] = max(edge - room, self.j.gifts * self.k + 12)
                edge = spots[place] - 12
        return spots

    def node(self, x: float, y: float, cents: int, cls: str) -> None:
        """One sum as a lying bar."""
        self.labels.append(_node(x, y, max(cents * self.k, 3), self.NODE, cls))

    def ribbon(self, x0: float, y0: float, x1: float, y1: float, cents: int, cls: str) -> None:
        """A sum on its way down."""
        self.ribbons.append(_down(x0, y0 + self.NODE, x1, y1, cents * self.k, cls))

    def sources(self) -> None:
        """Donors at the left, the city's fund at the right, and their ways to the middle."""
        j, left = self.j, self.WIDE - self.j.city * self.k
        self.labels.append(_text(self.WIDE, 18, money(Cents(j.city)), self.words["city"], "end", 17))
        if j.gifts:
            self.labels.append(_text(0, 18, money(Cents(j.gifts)), self.words["donors"], drop=17))
            self.ribbon(0, self.TOP, 0, self.MIDDLE, j.gifts, "f-don")
            self.node(0, self.TOP, j.gifts, "n-don")
            self.node(0, self.MIDDLE, j.gifts, "n-don")
            self.labels.append(
                _text(0, self.MIDDLE + 36, money_short(Cents(j.gifts)), self.words["collected"], drop=17)
            )
        if j.city:
            self.node(left, self.TOP, j.city, "n-city")
        unpaid = 0  # what is still to come and what goes back stand side by side: their words go one below the other
        for x, part in zip(self.spots, j.parts, strict=True):
            paid = part.kind == "paid"
            stop = self.MIDDLE if paid else self.LOW
            self.ribbon(left, self.TOP, x, stop, part.cents, FLOWS[part.kind])
            self.node(x, stop, part.cents, NODES[part.kind])
            at = x if paid else x + max(part.cents * self.k, 3)
            side, drop = ("start", 36) if paid else ("end", 32 + 40 * unpaid)
            unpaid += not paid
            self.labels.append(_text(at, stop + drop, money_short(Cents(part.cents)), part.name, side, 17))
            left += part.cents * self.k

    def association(self) -> None:
        """What arrived at the association."""
        at = 0.0
        if self.j.gifts:
            self.ribbon(0, self.MIDDLE, 0, self.END, self.j.gifts, "f-don")
            at = self.j.gifts * self.k
        for x, part in zip(self.spots, self.j.parts, strict=True):
            if part.kind == "paid":
                self.ribbon(x, self.MIDDLE, at, self.END, part.cents, "f-city")
                at += part.cents * self.k
        self.node(0, self.END, self.j.received, "n-use")
        self.labels.append(_text(0, self.END + 34, money(Cents(self.j.received)), self.words["association"], drop=18))

    def drawn(self) -> str:
        """The whole picture, decoration here: the wide one carries the words for readers."""
        self.sources()
        unpaid = sum(part.kind != "paid" for part in self.j.parts)
        high = self.LOW + 20 + 40 * unpaid if unpaid else self.MIDDLE + 60
        if self.j.received:
            self.association()
            high = self.END + 60
        frame = f'class="cv-sankey cv-sankey--v" viewBox="0 0 {n(self.WIDE)} {n(high)}"'
        body = "".join(self.ribbons) + "".join(self.labels)
        return f'<svg {frame} aria-hidden="true" focusable="false">{body}</svg>'


def sankey(
    gifts: Sum,
    donors: int,
    city: Sum,
    paid: Sequence[tuple[str, Sum]],
    *,
    returned: Sum | None = None,
    lines: Sequence[tuple[str, Sum]] = (),
) -> Markup:
    """Two drawings of one journey, wide for desks and tall for phones; tables with the same figures must follow.

    gifts: collected from donors. city: what the fund reserved. paid: (name, sum) of each tranche paid. returned: back
    to the fund. lines: (name, accepted sum). What is neither paid nor returned is still to come; what is received and
    not in the lines is not yet accounted for.
    """
    parts = [Part(name, amount.cents, "paid") for name, amount in paid if amount.cents]
    back = returned.cents if returned else 0
    later = city.cents - sum(part.cents for part in parts) - back
    if later > 0:
        parts.append(Part(gettext("still to be paid"), later, "later"))
    if back:
        parts.append(Part(gettext("back to the fund"), back, "back"))
    uses = tuple((name, amount.cents) for name, amount in lines if amount.cents)
    received = gifts.cents + sum(part.cents for part in parts if part.kind == "paid")
    unspent = max(received - sum(cents for _, cents in uses), 0)
    journey = Journey(gifts.cents, donors, city.cents, tuple(parts), uses, unspent)
    words = _words(journey)
    return Markup(_Wide(journey, words).drawn() + _Tall(journey, words).drawn())  # noqa: S704 - words escaped


def _words(j: Journey) -> dict[str, str]:
    everything = bool(j.received) and not j.unspent
    ways = [f"{money(Cents(part.cents))} {part.name}" for part in j.parts]
    spent = [f"{money(Cents(cents))} {name}" for name, cents in j.lines]
    desc = gettext(
        "From donors %(gifts)s, from the city's fund %(city)s.", gifts=money(Cents(j.gifts)), city=money(Cents(j.city))
    )
    if ways:
        desc += " " + gettext("The city's part: %(ways)s.", ways=", ".join(ways))
    if spent:
        desc += " " + gettext("Spent: %(lines)s.", lines=", ".join(spent))
    return {
        "title": gettext("The journey of %(sum)s", sum=money(Cents(j.gifts + j.city))),
        "desc": desc + " " + gettext("The tables below give the same figures."),
        "donors": ngettext("from %(num)d donor", "from %(num)d donors", j.donors),
        "city": gettext("from the city's fund"),
        "collected": gettext("collected"),
        "association": gettext("to the association, all spent") if everything else gettext("to the association"),
        "unspent": gettext("not yet accounted for"),
    }
