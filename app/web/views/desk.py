"""The desk: what must I do now, by when; who takes care of what; the figures of each role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid, Refusal
from app.core.listing import Facet, Held, Order, View
from app.core.money import N_
from app.core.todo import Todo
from app.core.together import together
from app.identity import queries as identity
from app.identity.models import Person
from app.web import gates, listing, queries, service
from app.web.queries import dossier
from app.web.views.home import bp

STATES = {
    "todo": N_("To start"),
    "now": N_("Under way"),
    "wait": N_("Waits for someone"),
    "late": N_("Late"),
    "done": N_("Done"),
}
# What a page of the house means as work.
KINDS = {
    "calls.edit": N_("Calls to finish"),
    "programmes.release": N_("Money to release"),
    "evaluation.assess": N_("Proposals to score"),
    "evaluation.manage": N_("Panels and points"),
    "evaluation.ranking": N_("Rankings"),
    "proposals.dossier": N_("Admissibility"),
    "proposals.tasks": N_("Proposals to write"),
    "campaigns.readiness": N_("Campaigns to open"),
    "campaigns.prepare": N_("Campaigns to prepare"),
    "campaigns.news": N_("Questions"),
    "pledges.large_one": N_("Very large promises"),
    "settlement.show": N_("Closes and collections"),
    "groups.verify": N_("Bodies to verify"),
    "groups.constitution": N_("The association"),
    "groups.mine": N_("Invitations"),
    "grants.prepare": N_("Agreements"),
    "grants.sign": N_("Signatures"),
    "grants.show": N_("Grants"),
    "grants.order": N_("Payment orders"),
    "grants.orders": N_("Payment orders"),
    "grants.report": N_("Receipts"),
}
SOON = timedelta(days=30)
NEXT = 5


@dataclass(frozen=True)
class Line:
    """A thing to do as one person sees it."""

    todo: Todo
    taker: Person | None
    mine: bool
    late: bool

    @property
    def state(self) -> str:
        """Its shape: late before anything else."""
        return "late" if self.late else self.todo.state

    @property
    def free(self) -> bool:
        """Whether it waits for anybody of the role to take it."""
        return bool(self.todo.role) and self.taker is None and self.todo.state != "wait"

    @property
    def open(self) -> bool:
        """Whether it is this person's to do: own, taken, or free to take."""
        return self.todo.state != "wait" and (self.mine or self.free)

    @property
    def cents(self) -> int:
        """Its sum, for sorting."""
        return self.todo.amount.cents if self.todo.amount else 0

    @property
    def words(self) -> str:
        """What to do, in the reader's language."""
        return gates.say(Refusal(self.todo.what, **self.todo.params))


def lines() -> list[Line]:
    """All that waits for this person, read once a request."""
    if "desk_lines" not in g:
        person, now = gates.require(), clock.now()
        offers = current_app.extensions["todo"]
        found = together([ask for offer in offers for ask in offer(person.id, gates.roles(), now)])
        takers = queries.taken(todo.key for todo in found if todo.role)
        g.desk_lines = [_line(todo, takers.get(todo.key), person, now) for todo in found]
    known: list[Line] = g.desk_lines
    return known


def _line(todo: Todo, taker: Person | None, person: Person, now: datetime) -> Line:
    late = todo.state == "late" or (todo.due_at is not None and todo.due_at < now)
    return Line(todo, taker, not todo.role or (taker is not None and taker.id == person.id), late)


def _due(line: Line) -> tuple[bool, datetime, str]:
    when = line.todo.due_at
    return when is None, when or clock.now(), line.todo.subject


def sheet() -> Held:
    """The work list: what is open to this person, what is theirs, what is late, what nobody has taken."""
    return Held(
        rows=lines(),
        key=lambda line: line.todo.key,
        views=(
            View("todo", N_("To do"), lambda line: line.open),
            View("mine", N_("Mine"), lambda line: line.mine and line.todo.state != "wait"),
            View("late", N_("Late"), lambda line: line.late),
            View("unassigned", N_("Unassigned"), lambda line: line.free),
            View("waiting", N_("Waiting for others"), lambda line: line.todo.state == "wait"),
            View("all", N_("All")),
        ),
        orders=(
            Order("due", N_("by deadline"), _due),
            Order("title", N_("by title"), lambda line: line.todo.subject.casefold()),
            Order("amount", N_("largest first"), lambda line: line.cents, down=True),
        ),
        search=(lambda line: line.todo.subject, lambda line: line.todo.zone or "", lambda line: line.words),
        facets=(
            Facet("kind", N_("What"), lambda line: line.todo.endpoint, words=KINDS),
            Facet("zone", N_("Neighbourhood"), lambda line: line.todo.zone),
            Facet(
                "taker", N_("Who takes care of it"), lambda line: line.taker.ref if line.taker else None,
                said=lambda line: line.taker.name,
            ),
        ),
    )  # fmt: skip


def _find(ref: str) -> Line | None:
    return next((line for line in lines() if line.todo.key == ref), None)


def _alone(line: Line) -> Refusal | None:
    return None if line.todo.role else Conflict("This is yours alone: nobody else can do it.")


def _not_to_give_back(line: Line) -> Refusal | None:
    if line.taker is None:
        return Conflict("Nobody has taken this.")
    return None if line.mine else Forbidden("%(name)s takes care of this.", name=line.taker.name)


def _take(line: Line, form: Any) -> None:
    service.take(line.todo.key, gates.require(), by=gates.require(), now=clock.now())


def _assign(line: Line, form: Any) -> None:
    colleague = identity.by_ref(form.get("colleague", ""))
    if colleague is None:
        raise Invalid({"colleague": Refusal("Choose a colleague.")})
    if line.todo.role not in identity.roles(colleague.id, clock.now()):
        raise Conflict("%(name)s does not have the role for this.", name=colleague.name)
    service.take(line.todo.key, colleague, by=gates.require(), now=clock.now())


def _colleagues() -> dict[str, Any]:
    now = clock.now()
    roles = gates.roles() & {"officer", "finance", "responsible"}
    people = {person.ref: person.name for role in sorted(roles) for person in identity.with_role(role, now)}
    return {"colleagues": sorted(people.items(), key=lambda pair: pair[1])}


NEXTS = {
    "check": N_("The office checks whether it is admissible. You have nothing to do."),
    "refused": N_("It was not admitted. The reason is in your mail."),
    "scores": N_("Evaluators score it, then the ranking is approved. You have nothing to do."),
    "unfunded": N_("It is in the ranking, but the fund did not reach it."),
    "prepare": N_("Prepare the campaign’s page and ask to open it."),
    "campaign": N_("The campaign is open: write news and answer questions."),
    "collection": N_("Form the association in time. Cards are charged only once it is verified."),
    "released": N_("The campaign ended without money. Nobody paid."),
    "agreement": N_("The agreement is prepared, then signed by both."),
    "grant": N_("Spend by the budget and send the receipts."),
    "closed": N_("The accounts are closed. Everything is public."),
}
STAFF = frozenset({"officer", "finance", "responsible"})
LIST = listing.register(
    listing.List(
        endpoint="web.desk",
        title=N_("Work list"),
        sheet=sheet,
        search=N_("Title, group or neighbourhood"),
        act="web.act_on_desk",
        pick=lambda line: (line.todo.key, f"{line.words} {line.todo.subject}") if line.todo.role else None,
        columns=(
            (N_("What to do"), lambda line: line.words),
            (N_("Title"), lambda line: line.todo.subject),
            (N_("Neighbourhood"), lambda line: line.todo.zone),
            (N_("State"), lambda line: _(STATES[line.state])),
            (N_("Due"), lambda line: line.todo.due_at),
            (N_("Amount"), lambda line: line.todo.amount),
            (N_("Who takes care of it"), lambda line: line.taker.name if line.taker else ""),
        ),
        bulks=(
            listing.Bulk(
                name="take",
                label=N_("Take the ticked"),
                question=N_("Take care of these?"),
                done=N_("Yours"),
                find=_find,
                say=lambda line: f"{line.words} · {line.todo.subject}",
                refuse=_alone,
                act=_take,
                roles=STAFF,
            ),
            listing.Bulk(
                name="assign",
                label=N_("Assign the ticked"),
                question=N_("Who takes care of these?"),
                done=N_("Assigned"),
                find=_find,
                say=lambda line: f"{line.words} · {line.todo.subject}",
                refuse=_alone,
                act=_assign,
                roles=STAFF,
                fields="web/bulk_assign.html",
                context=_colleagues,
            ),
            listing.Bulk(
                name="give_back",
                label=N_("Give back the ticked"),
                question=N_("Give these back, for anybody to take?"),
                done=N_("Free again"),
                find=_find,
                say=lambda line: f"{line.words} · {line.todo.subject}",
                refuse=_not_to_give_back,
                act=lambda line, form: service.give_back(line.todo.key),
                roles=STAFF,
            ),
        ),
    )
)


@bp.get("/desk")
@gates.signed_in
def desk() -> ResponseReturnValue:
    """Everything that waits for this person, the most urgent first, and the figures of each role."""
    return listing.show(LIST, "web/desk.html", states=STATES, board=_board(), stages=dossier.STAGES, nexts=NEXTS)


@bp.post("/desk")
@gates.signed_in
def act_on_desk() -> ResponseReturnValue:
    """Take, assign or give back the ticked things to do."""
    return listing.act(LIST)


@dataclass(frozen=True)
class Board:
    """The figures beside the list: who sees which depends on the role."""

    projects: list[dossier.Project]
    funds: dict[str, Any] | None
    machinery: queries.Machinery | None
    dates: list[queries.Event]


def _board() -> Board:
    person, held, today = gates.require(), gates.roles(), clock.today()
    return Board(
        projects=dossier.projects_of(person.id) if not held else [],
        funds=queries.fund_totals() if held & {"finance", "responsible", "administrator"} else None,
        machinery=queries.machinery(clock.now()) if "administrator" in held else None,
        dates=queries.events(today, today + SOON, person_id=person.id, roles=held)[:NEXT],
    )


FUNDS = listing.register(
    listing.List(
        endpoint="web.funds",
        title=N_("Funds of the calls"),
        sheet=queries.fund_list,
        search=N_("Title or programme"),
        enrich=queries.with_steps,
        columns=(
            (N_("Call"), lambda row: row.call.title),
            (N_("Programme"), lambda row: row.programme.code),
            (N_("Released to the call"), lambda row: row.released),
            (N_("Still free"), lambda row: row.available),
            (N_("Reserved"), lambda row: row.steps["reserved"]),
            (N_("Confirmed"), lambda row: row.steps["confirmed"]),
            (N_("Committed"), lambda row: row.steps["committed"]),
            (N_("Approved for payment"), lambda row: row.steps["approved"]),
            (N_("Paid"), lambda row: row.steps["paid"]),
        ),
    )
)


@bp.get("/desk/funds")
@gates.role("officer", "responsible", "finance", "administrator")
def funds() -> ResponseReturnValue:
    """Each call's public money by step; every figure is a balance of the ledger."""
    return listing.show(FUNDS, "web/funds.html")
