"""What the style guide shows where a piece of the kit needs more than words."""

from __future__ import annotations

from typing import Any

from app.core.listing import Asked, Facet, Held, Order, View
from app.core.money import N_, Money
from app.web import listing

ROWS = (
    {"title": "Officina di ringhiera", "group": "Corte Dergano", "theme": "fare", "cents": 1_200_000},
    {"title": "L’orto dei binari", "group": "Binari verdi", "theme": "verde", "cents": 1_100_000},
    {"title": "Tavolo lungo", "group": "Cucina di via Padova", "theme": "cibo", "cents": 960_000},
)


def _title(row: Any) -> str:
    return str(row["title"])


def a_list() -> listing.Shown:
    """A list of three proposals with a view, a search, ticked boxes, an act that may be done and one that may not."""
    sheet = Held(
        rows=ROWS,
        key=_title,
        views=(View("waiting", N_("To check")), View("large", N_("All"), lambda row: row["cents"] > 0)),
        orders=(Order("title", N_("Title"), _title), Order("least", N_("Budget"), lambda row: row["cents"])),
        search=(_title,),
        facets=(Facet("theme", N_("Theme"), lambda row: row["theme"]),),
    )
    asked = Asked("waiting", "title", ticked={"theme": ("fare", "verde")})
    admit, refuse = (
        listing.Bulk(name, label, "", "", lambda ref: None, _title, closed=closed)
        for name, label, closed in (
            ("admit", N_("Admit the ticked"), ""),
            ("refuse", N_("Refuse"), N_("Your account does not have the role for this page.")),
        )
    )
    of = listing.List(
        endpoint="proposals.queue",
        title=N_("Proposals"),
        sheet=lambda: sheet,
        columns=(),
        act="proposals.act_on_queue",
        pick=lambda row: (_title(row), _title(row)),
    )
    page = sheet.read(asked, {})
    rows = [{**row, "total": Money(row["cents"])} for row in page.rows]
    return listing.Shown(of, asked, page, rows, sheet, [], [(admit, True), (refuse, False)])
