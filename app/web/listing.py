"""Long lists on pages: what was asked, read from the address; views, filters, acts on many rows, CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, current_app, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.core import cells, clock
from app.core.db import db, transaction
from app.core.errors import Forbidden, Invalid, Missing, Refusal
from app.core.listing import Asked, Choice, Page, Sheet
from app.core.money import N_
from app.web import filters, gates
from app.web.models import SavedView

MOST_ROWS = 100  # of one act: a confirmation that nobody reads confirms nothing
MOST_WORDS = 100
CURSOR = 400  # characters
TICKS = 60
FOLD = 8  # boxes of one filter that are always in sight


@dataclass(frozen=True)
class Bulk:
    """One act on many rows: asked once more, then done row by row (or on all together), each with its answer."""

    name: str
    label: str
    question: str
    done: str
    find: Callable[[str], Any]
    say: Callable[[Any], str]
    refuse: Callable[[Any], Refusal | None] = lambda row: None
    act: Callable[[Any, Any], object] | None = None
    together: Callable[[list[Any], Any], ResponseReturnValue] | None = None
    roles: frozenset[str] = frozenset()
    closed: str = ""
    fields: str = ""
    context: Callable[[], Mapping[str, Any]] = dict
    hurts: bool = False


@dataclass(frozen=True)
class List:
    """One list of the house: its page, how it is read, its columns as cells, and the acts on its rows."""

    endpoint: str
    title: str
    sheet: Callable[[], Sheet]
    columns: Sequence[tuple[str, Callable[[Any], object]]]
    search: str = N_("Title, group or number")
    bulks: Sequence[Bulk] = ()
    act: str = ""
    enrich: Callable[[list[Any]], list[Any]] = lambda rows: rows
    pick: Callable[[Any], tuple[str, str] | None] | None = None


LISTS: dict[str, List] = {}
money = filters.money  # for the words of a row


def register(found: List) -> List:
    """Make the list known to the pages that keep views of lists."""
    LISTS[found.endpoint] = found
    return found


@dataclass(frozen=True)
class Link:
    """A way to another part of the list."""

    label: str
    url: str
    current: bool = False
    number: int | None = None
    ref: str = ""


@dataclass(frozen=True)
class Shown:
    """A list ready to draw."""

    of: List
    asked: Asked
    page: Page
    rows: list[Any]
    sheet: Sheet
    saved: Sequence[SavedView]
    bulks: Sequence[tuple[Bulk, bool]] = field(default_factory=tuple)

    @property
    def total(self) -> int:
        """How many rows were found."""
        return self.page.total

    @property
    def last(self) -> int:
        """The place of the page's last row."""
        return self.page.first + len(self.rows) - 1

    def url(self, **changes: Any) -> str:
        """The list with what is asked now, some of it changed; always from its first page on."""
        return url_for(self.of.endpoint, **{**address(self.sheet, self.asked), **changes})

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What is asked now, for a form to carry along."""
        return [(key, value) for key, values in address(self.sheet, self.asked).items() for value in values]

    def hidden_but(self, *names: str) -> list[tuple[str, str]]:
        """The same without some of it, which the form asks anew."""
        return [pair for pair in self.hidden if pair[0] not in names]

    @property
    def query(self) -> str:
        """What is asked now as one word, to come back to it."""
        return self.url().partition("?")[2]

    @property
    def views(self) -> list[Link]:
        """The list's own views with their counts."""
        narrowed = bool(self.mine)
        return [
            Link(
                _(view.label),
                url_for(self.of.endpoint, view=view.name),
                view.name == self.asked.view and not narrowed,
                self.page.counts[view.name],
            )
            for view in self.sheet.views
        ]

    @property
    def mine(self) -> str:
        """The saved view that is shown now."""
        here = address(self.sheet, self.asked)
        return next((view.ref for view in self.saved if {"view": [self.sheet.views[0].name], **view.asked} == here), "")

    @property
    def own_views(self) -> list[Link]:
        """The reader's own views with their counts."""
        return [
            Link(
                view.name,
                url_for(self.of.endpoint, **view.asked),
                view.ref == self.mine,
                self.page.counts[f"saved-{view.ref}"],
                view.ref,
            )
            for view in self.saved
        ]

    @property
    def orders(self) -> list[Link]:
        """The ways to sort."""
        return [
            Link(_(order.label), self.url(sort=order.name), order.name == self.asked.order)
            for order in self.sheet.orders
        ]

    @property
    def order(self) -> str:
        """How it is sorted, in words."""
        return str(next(link.label for link in self.orders if link.current))

    @property
    def filters(self) -> list[tuple[str, str, list[Choice], list[Choice]]]:
        """Each filter: its words, its name, the boxes in sight, the boxes folded away."""
        found = []
        for facet in self.sheet.facets:
            boxes = [
                Choice(box.value, _(facet.words[box.value]) if box.value in facet.words else box.label, *rest(box))
                for box in self.page.choices.get(facet.name, [])
            ]
            if len(boxes) > 1 or any(box.ticked for box in boxes):
                often = sorted(boxes, key=lambda box: (not box.ticked, -box.number))[:FOLD]
                shown = [box for box in boxes if len(boxes) <= FOLD + 2 or box in often]
                found.append((_(facet.label), facet.name, shown, [box for box in boxes if box not in shown]))
        return found

    @property
    def active(self) -> int:
        """How many boxes are ticked."""
        return sum(len(values) for values in self.asked.ticked.values())

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What narrows the list, each with the address without it."""
        labels = {
            (name, box.value): box.label for _label, name, shown, folded in self.filters for box in shown + folded
        }
        found = []
        for name, values in self.asked.ticked.items():
            for value in values:
                others = [other for other in values if other != value]
                found.append((labels.get((name, value), value), self.url(**{name: others or None})))
        if self.asked.words:
            found.append((f"“{self.asked.words}”", self.url(q=None)))
        return found

    @property
    def narrowed(self) -> bool:
        """Whether something else than a view is asked."""
        return bool(self.asked.words or self.active)

    @property
    def csv(self) -> str:
        """The same rows as a file."""
        return self.url(**{"as": "csv"})

    @property
    def before(self) -> str:
        """The page before."""
        return self.url(before=self.page.before) if self.page.before else ""

    @property
    def after(self) -> str:
        """The page after."""
        return self.url(after=self.page.after) if self.page.after else ""

    @property
    def plain(self) -> str:
        """The same view with nothing narrowed."""
        return url_for(self.of.endpoint, view=self.asked.view)


def rest(box: Choice) -> tuple[int, bool]:
    """What a box keeps under another label."""
    return box.number, box.ticked


def address(sheet: Sheet, asked: Asked) -> dict[str, Any]:
    """What is asked as words of an address, without the page."""
    found = {"view": [asked.view]}
    if asked.words:
        found["q"] = [asked.words]
    if asked.order != sheet.orders[0].name:
        found["sort"] = [asked.order]
    return found | {name: list(values) for name, values in asked.ticked.items()}


def read(sheet: Sheet, args: MultiDict[str, str]) -> Asked:
    """What an address asks; what the list does not know is not taken."""
    views, orders = [view.name for view in sheet.views], [order.name for order in sheet.orders]
    view, order = args.get("view", ""), args.get("sort", "")
    ticked = {}
    for facet in sheet.facets:
        values = dict.fromkeys(value[:MOST_WORDS].replace("\x00", "") for value in args.getlist(facet.name))
        known = [value for value in values if value and (not facet.words or value in facet.words)]
        if known:
            ticked[facet.name] = tuple(known[:TICKS])
    before, after = args.get("before", ""), args.get("after", "")
    return Asked(
        view=view if view in views else views[0],
        order=order if order in orders else orders[0],
        words=" ".join(args.get("q", "").replace("\x00", "").split())[:MOST_WORDS],
        ticked=ticked,
        cursor=(before or after)[:CURSOR],
        back=bool(before),
    )


def saved(of: List) -> Sequence[SavedView]:
    """The reader's own views of the list, by name."""
    person = gates.require()
    return db.session.scalars(
        select(SavedView)
        .where(SavedView.person_id == person.id, SavedView.list == of.endpoint)
        .order_by(SavedView.name, SavedView.id)
    ).all()


def draw(of: List, sheet: Sheet | None = None) -> Shown:
    """The list as asked by the request."""
    sheet = sheet or of.sheet()
    asked, own = read(sheet, request.args), saved(of)
    others = {f"saved-{view.ref}": read(sheet, MultiDict(view.asked)) for view in own}
    page = sheet.read(asked, others)
    held = gates.roles()
    bulks = [(bulk, not bulk.roles or bool(bulk.roles & held)) for bulk in of.bulks]
    return Shown(of, asked, page, of.enrich(page.rows), sheet, own, bulks)


def show(of: List, template: str, sheet: Sheet | None = None, **context: Any) -> ResponseReturnValue:
    """The page of the list, or the same rows as a file."""
    if request.args.get("as") == "csv":
        return file(of, sheet or of.sheet())
    return render_template(template, list=draw(of, sheet), now=clock.now(), today=clock.today(), **context)


def file(of: List, sheet: Sheet) -> Response:
    """Every row that was asked for, streamed."""
    asked = read(sheet, request.args)
    heads = [_(label) for label, _read in of.columns]
    name = f"{of.endpoint.replace('.', '-')}-{clock.today().isoformat()}.csv"

    def rows() -> Iterator[Sequence[object]]:
        yield heads
        portion: list[Any] = []
        for row in sheet.every(asked):
            portion.append(row)
            if len(portion) == 500:
                yield from ([said(each) for _label, said in of.columns] for each in of.enrich(portion))
                portion = []
        yield from ([said(each) for _label, said in of.columns] for each in of.enrich(portion))

    def lines() -> Iterator[str]:
        yield cells.MARK
        yield from cells.lines(rows())

    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@dataclass(frozen=True)
class Row:
    """One row of an act: what it is, why it cannot be done or was not, whether it was done."""

    ref: str
    words: str
    why: Refusal | None = None
    done: bool = False


def back_to(of: List, query: str) -> str:
    """The list as it was asked before."""
    sheet = of.sheet()
    asked = read(sheet, MultiDict(parse_qsl(query[:4000], max_num_fields=200)))
    return url_for(of.endpoint, **address(sheet, asked))


def act(of: List) -> ResponseReturnValue:
    """An act on the ticked rows: asks once more, then does it and says what happened to each."""
    back = _back(of)
    bulk = next((one for one in of.bulks if one.name == request.form.get("act")), None)
    if bulk is None:
        flash(_("Press one of the buttons under the list to say what to do with the ticked rows."), "warn")
        return redirect(back, 303)
    if bulk.roles and not bulk.roles & gates.roles():
        raise Forbidden(bulk.closed or "Your account does not have the role for this page.")
    refs = list(dict.fromkeys(request.form.getlist("row")))
    if not refs or len(refs) > MOST_ROWS:
        words = _("Tick at least one row first.") if not refs else _("At most %(n)s rows at a time.", n=MOST_ROWS)
        flash(words, "warn")
        return redirect(back, 303)
    found = [(ref, row) for ref in refs if (row := bulk.find(ref)) is not None]
    asked = [Row(ref, bulk.say(row), bulk.refuse(row)) for ref, row in found]
    if request.form.get("sure") != "yes" or all(each.why for each in asked):
        return _ask(of, bulk, asked, back, {}, 200)
    possible = [row for (_ref, row), each in zip(found, asked, strict=True) if not each.why]
    try:
        if bulk.together is not None:
            return bulk.together(possible, request.form)
        rows = [each if each.why else _do(bulk, each) for each in asked]
    except Invalid as wrong:
        return _ask(of, bulk, asked, back, wrong.errors, 422)
    except Refusal as why:
        db.session.rollback()
        flash(gates.say(why), "error")
        return redirect(back, 303)
    return render_template("web/bulk.html", of=of, bulk=bulk, rows=rows, back=back, ended=True, errors={})


def _back(of: List) -> str:
    try:
        return back_to(of, request.form.get("back", ""))
    except ValueError:
        return url_for(of.endpoint)


def _do(bulk: Bulk, asked: Row) -> Row:
    """One row's act in a transaction of its own: what is wrong with it stops no other."""
    if bulk.act is None:
        raise RuntimeError(f"{bulk.name} has nothing to do")
    try:
        with transaction():
            row = bulk.find(asked.ref)
            bulk.act(row, request.form)
    except Invalid:
        raise
    except Refusal as why:
        return Row(asked.ref, asked.words, why)
    return Row(asked.ref, asked.words, done=True)


def _ask(
    of: List, bulk: Bulk, rows: Sequence[Row], back: str, errors: Mapping[str, Refusal], status: int
) -> ResponseReturnValue:
    page = render_template(
        "web/bulk.html",
        of=of,
        bulk=bulk,
        rows=rows,
        back=back,
        query=request.form.get("back", "")[:4000],
        ended=False,
        values=request.form,
        errors=errors,
        **bulk.context(),
    )
    return page, status


def known(endpoint: str) -> List:
    """The list of that page, where this reader may open it."""
    found = LISTS.get(endpoint)
    if found is None:
        raise Missing("There is no list at this address.")
    guard: Callable[[], Any] = vars(current_app.view_functions[endpoint])["guard"]
    guard()  # refuses whoever may not open the list itself
    return found
