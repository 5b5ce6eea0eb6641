"""One project on one page: data, checks, documents, messages, money, log; and every act that is possible on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns.rules import State as CampaignState
from app.core import clock
from app.core.errors import Missing
from app.core.money import N_
from app.evaluation.rules import State as RankingState
from app.grants.models import Agreement
from app.grants.rules import AgreementState, OrderState
from app.groups import queries as groups
from app.groups.rules import EntityState
from app.ledger import queries as ledger
from app.pledges import queries as pledges
from app.proposals import queries as proposals
from app.proposals.rules import State as ProposalState
from app.settlement.rules import State as CaseState
from app.web import gates, listing
from app.web.queries import dossier
from app.web.queries.dossier import Project
from app.web.views.home import bp

OFFICE = ("officer", "responsible", "finance", "administrator")
TABS = {
    "data": N_("Data"),
    "checks": N_("Checks"),
    "documents": N_("Documents"),
    "messages": N_("Messages"),
    "money": N_("Money"),
    "log": N_("Log"),
}
# Whoever is not named here sees the project from outside, like everybody.
SEEN = {
    "officer": frozenset(TABS),
    "responsible": frozenset(TABS),
    "administrator": frozenset(TABS),
    "finance": frozenset({"data", "documents", "money", "log"}),
    "group": frozenset({"data", "documents", "messages", "money"}),
}

LIST = listing.register(
    listing.List(
        endpoint="web.projects",
        title=N_("Projects"),
        sheet=dossier.project_list,
        search=N_("Title, group, number or CUP"),
        enrich=dossier.as_projects,
        columns=(
            (N_("Number"), lambda row: row.proposal.reference),
            (N_("Title"), lambda row: row.proposal.title),
            (N_("Group"), lambda row: row.group.name),
            (N_("Call"), lambda row: row.call.title),
            (N_("Neighbourhood"), lambda row: row.zone.name if row.zone else ""),
            (N_("State"), lambda row: _(dossier.STAGES[row.stage][1])),
            (N_("Sent"), lambda row: row.proposal.submitted_at),
            (N_("Budget"), lambda row: row.proposal.total),
            (N_("CUP"), lambda row: row.agreement.cup if row.agreement else ""),
        ),
    )
)


@bp.get("/desk/projects")
@gates.role(*OFFICE)
def projects() -> ResponseReturnValue:
    """Every project that the office has, with how far it has come."""
    return listing.show(LIST, "web/projects.html", stages=dossier.STAGES)


@dataclass(frozen=True)
class Act:
    """Something that can be done with the project, or why it cannot be done now."""

    label: str
    url: str = ""
    why: str = ""


def _seen(*, party: bool) -> frozenset[str]:
    """The tabs that this reader may open."""
    seen = [SEEN[role] for role in gates.roles() & set(SEEN)]
    if party:
        seen.append(SEEN["group"])
    return frozenset().union(*seen)


@bp.get("/desk/projects/<ref>")
@gates.signed_in
def project(ref: str) -> ResponseReturnValue:
    """One project; which tab is open stands in the address."""
    found = dossier.project(ref)
    party = found is not None and dossier.is_party(found, gates.require().id)
    seen = _seen(party=party)
    if found is None or not seen:
        raise Missing("There is no project at this address.")
    tab = request.args.get("tab", "data")
    tab = tab if tab in seen else "data"
    return render_template(
        "web/project.html",
        p=found,
        stage=dossier.STAGES[found.stage],
        tabs=[(name, label, url_for("web.project", ref=ref, tab=name)) for name, label in TABS.items() if name in seen],
        tab=tab,
        acts=list(_acts(found, party=party)),
        now=clock.now(),
        today=clock.today(),
        **READ[tab](found),
    )


def _data(found: Project) -> dict[str, Any]:
    totals = pledges.totals(found.campaign.id) if found.campaign else None
    return {"steps": _steps(found), "totals": totals}


def _checks(found: Project) -> dict[str, Any]:
    standing = proposals.standing(found.proposal)
    return {
        "findings": proposals.findings(standing, found.check),
        "body_items": list(groups.items(found.entity.id).items()) if found.entity else [],
    }


def _documents(found: Project) -> dict[str, Any]:
    papers = groups.items(found.entity.id) if found.entity and gates.roles() & {"officer"} else {}
    return {"papers": [(kind, item) for kind, item in papers.items() if item.file_id]}


def _messages(found: Project) -> dict[str, Any]:
    own = None if gates.roles() & {"officer", "responsible", "administrator"} else gates.require().id
    return {"letters": dossier.letters(found, to=own), "questions": dossier.questions(found)}


def _money(found: Project) -> dict[str, Any]:
    owners = [found.key] + ([f"campaign:{found.campaign.id}"] if found.campaign else [])
    moves = ledger.statement(*owners)[-200:] if gates.roles() & set(OFFICE) else []
    return {
        "books": dossier.books(found),
        "payments": dossier.payments(found),
        "totals": pledges.totals(found.campaign.id) if found.campaign else None,
        "moves": list(reversed(moves)),
    }


def _log(found: Project) -> dict[str, Any]:
    return {"history": dossier.log(found)}


READ: dict[str, Callable[[Project], dict[str, Any]]] = {
    "data": _data,
    "checks": _checks,
    "documents": _documents,
    "messages": _messages,
    "money": _money,
    "log": _log,
}


def _steps(p: Project) -> list[dict[str, Any]]:
    """The way of the project with the day of each step."""
    approved = p.ranking if p.ranking is not None and p.ranking.state is RankingState.APPROVED else None
    marks = [
        (_("Proposal sent"), p.proposal.submitted_at),
        (_("Admissibility decided"), p.check.checked_at if p.check else None),
        (_("Ranking approved"), approved.approved_at if approved else None),
        (_("Campaign opened"), p.campaign.opens_at if p.campaign else None),
        (_("Campaign closed"), p.campaign.closed_at if p.campaign else None),
        (_("The association is verified"), dossier.verified_at(p)),
        (_("Match decided"), p.case.ended_at if p.case else None),
        (_("Agreement signed"), p.agreement.signed_at if p.agreement else None),
        (_("Award published"), p.record.published_at if p.record else None),
        (_("Accounts closed"), p.account.closed_at if p.account else None),
    ]
    ended = p.stage in ("refused", "unfunded", "released", "closed")
    last = max((n for n, (_title, at) in enumerate(marks) if at), default=-1)
    return [
        {"title": title, "when": at, "state": "done" if at else "now" if n == last + 1 and not ended else "todo"}
        for n, (title, at) in enumerate(marks)
        if at or not ended
    ]


def _acts(p: Project, *, party: bool) -> Iterator[Act]:
    """Every act on this project, in the order of its life; a closed one says what is missing and who supplies it."""
    held = gates.roles()
    if party:
        yield from _acts_of_the_group(p)
    yield from _acts_before_the_campaign(p, held)
    yield from _acts_around_the_close(p, held)
    if p.agreement is not None and (party or held & set(OFFICE)):
        yield from _acts_on_the_grant(p, p.agreement, held)


def _acts_of_the_group(p: Project) -> Iterator[Act]:
    constituting = p.case is not None and p.case.state is CaseState.CONSTITUTING
    if not constituting:
        yield Act(_("Your group and its way to the association"), url_for("groups.show", ref=p.group.ref))
    if p.campaign is None:
        return
    if not p.campaign.public:
        yield Act(_("Prepare the campaign"), url_for("campaigns.prepare", ref=p.campaign.ref))
        return
    if constituting:
        yield Act(_("Your association, step by step"), url_for("groups.constitution", ref=p.group.ref))
    yield Act(_("Tell news and answer questions"), url_for("campaigns.news", ref=p.campaign.ref))
    yield Act(_("Photos and videos"), url_for("campaigns.gallery", ref=p.campaign.ref))


def _acts_before_the_campaign(p: Project, held: frozenset[str]) -> Iterator[Act]:
    if held & {"officer", "responsible"}:
        url = url_for("proposals.dossier", ref=p.proposal.ref)
        if p.proposal.state is ProposalState.SUBMITTED and "officer" in held:
            yield Act(_("Decide on admissibility"), url)
        else:
            yield Act(_("Read the proposal"), url)
        yield Act(_("Panel and points"), url_for("evaluation.manage", slug=p.call.slug))
        if p.ranking is not None:
            yield Act(_("Ranking"), url_for("evaluation.ranking", slug=p.call.slug))
        else:
            yield Act(_("Ranking"), why=_("It is drawn once every proposal has its scores."))
    if "officer" in held:
        yield _confirm_ready(p)


def _confirm_ready(p: Project) -> Act:
    label = _("Confirm that the campaign is ready")
    if p.campaign is None:
        return Act(label, why=_("The campaign exists once the ranking is approved."))
    if p.campaign.state is CampaignState.ASKED:
        return Act(label, url_for("campaigns.readiness", ref=p.campaign.ref))
    if p.campaign.state is CampaignState.PREPARING:
        return Act(label, why=_("The group is still preparing the page: it asks to open when it is ready."))
    return Act(label, why=_("The campaign is open already."))


def _acts_around_the_close(p: Project, held: frozenset[str]) -> Iterator[Act]:
    if p.campaign is not None and p.campaign.public:
        yield Act(_("Public page"), url_for("campaigns.show", slug=p.campaign.slug))
        yield Act(_("Follow the euro"), url_for("transparency.project", slug=p.campaign.slug))
    if held & set(OFFICE):
        if p.campaign is not None and p.case is not None:
            yield Act(_("Close and collection"), url_for("settlement.show", slug=p.campaign.slug))
        else:
            yield Act(_("Close and collection"), why=_("It begins at the campaign’s deadline."))
    if "officer" in held:
        if p.entity is not None:
            done = p.entity.state is EntityState.VERIFIED
            label = _("Papers of the body") if done else _("Verify the body")
            yield Act(label, url_for("groups.verify", ref=p.entity.ref))
        else:
            yield Act(_("Verify the body"), why=_("The group opens the card of its body after the campaign."))
        yield _prepare_agreement(p)


def _prepare_agreement(p: Project) -> Act:
    label = _("Prepare the agreement")
    if p.agreement is not None:
        return Act(label, why=_("The agreement is prepared already."))
    if p.case is None or p.case.state is not CaseState.CONFIRMED or p.campaign is None:
        return Act(label, why=_("It can be prepared once the match is confirmed."))
    return Act(label, url_for("grants.prepare", slug=p.campaign.slug))


def _acts_on_the_grant(p: Project, agreement: Agreement, held: frozenset[str]) -> Iterator[Act]:
    signed = agreement.state is AgreementState.SIGNED
    yield Act(_("Agreement and grant"), url_for("grants.show", ref=agreement.ref))
    if not signed:
        yield Act(_("Receipts"), why=_("They can be sent once the agreement is signed by both."))
        return
    yield Act(_("Receipts"), url_for("grants.report", ref=agreement.ref))
    if held & set(OFFICE):
        orders = [each.order for each in dossier.payments(p) if each.order is not None]
        for order in orders:
            if order.state is not OrderState.PAID:
                words = _("Payment order %(number)s", number=f"{order.number}/{order.year}")
                yield Act(words, url_for("grants.order", ref=order.ref))
