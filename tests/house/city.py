"""A city in the middle of its work: a project paid by tranches, one that collects promises, one that asks to open, one
still to be prepared, a call in evaluation, a proposal sent and one being written; all through the real verbs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask

from app.calls import queries as calls
from app.calls.models import Call
from app.campaigns import service as campaign_verbs
from app.campaigns.models import Campaign
from app.core import clock, jobs
from app.core.db import db, transaction
from app.core.money import euros
from app.evaluation import queries as evaluation
from app.evaluation import service as evaluation_verbs
from app.files import service as storing
from app.finance import jobs as finance_jobs
from app.finance import queries as finance
from app.finance import service as finance_verbs
from app.followers import queries as following
from app.followers import service as followers
from app.followers.rules import Pace, Subject
from app.grants import queries as grants
from app.grants import service as grant_verbs
from app.groups import queries as groups
from app.identity import queries as people
from app.identity import service as identity_verbs
from app.identity.models import Person
from app.outbox import queries as outbox
from app.payments.gateway import Line
from app.proposals import queries as proposal_reads
from app.proposals.models import Proposal
from app.web import service as desk_verbs
from app.web.rules import Kind
from tests.conftest import FrozenClock
from tests.make import calls as make_calls
from tests.make import campaigns as make_campaigns
from tests.make import evaluation as make_evaluation
from tests.make import grants as make_grants
from tests.make import groups as make_groups
from tests.make import identity, payments, pictures
from tests.make import pledges as make_pledges
from tests.make import proposals as make_proposals
from tests.make import settlement as closing


@dataclass
class City:
    """References of what is there: people by what they do, things by what they are, secrets by what they open."""

    people: dict[str, str] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    template: str = ""
    now: datetime = field(default_factory=clock.now)

    def person(self, name: str) -> Person:
        """The person as the database has her."""
        found = people.by_ref(self.people[name])
        assert found is not None, name
        return found

    def settle(self, name: str, *, roles: tuple[str, ...] = ()) -> Person:
        """A new person with these roles, known by that name from now on."""
        made = identity.person(roles=roles)
        self.people[name] = made.ref
        return made


def build(frozen: Any) -> City:
    """Build it all, in the order in which it would happen."""
    city = City()
    for role in ("officer", "evaluator", "responsible", "finance", "administrator"):
        city.settle(role, roles=(role,))
    for hand in ("checker", "preparer", "opener"):
        city.settle(hand, roles=("officer",))
    for name in ("panelist", "panelist_2"):
        city.settle(name, roles=("evaluator",))
    city.settle("scoring_responsible", roles=("evaluator", "responsible"))
    city.settle("stranger")
    _projects(city)
    _calls(city)
    _accounts(city)
    _desk(city)
    _difference(city)
    city.now = frozen.now()
    return city


def found(app: Flask, database: Any, sandbox: str) -> City:
    """Build the city in a database of its own, which becomes the template of all copies."""
    frozen = FrozenClock()
    app.extensions["clock"] = frozen
    app.config["STRIPE_API_BASE"] = app.config["CHECKOUT_ORIGIN"] = sandbox
    app.extensions.pop("stripe_client", None)
    frozen.followers.append(lambda moment: payments.same_time())
    database.world.mute = True  # built once: nothing of it is copied before the whole
    database.world.leave()
    with app.app_context():
        payments.same_time()
        made = build(frozen)
        db.session.remove()
        db.engine.dispose()
    made.template = database.name
    frozen.followers.clear()
    app.extensions.pop("stripe_client", None)
    return made


def _run(*periodic: str) -> int:
    for name in periodic:
        jobs.run_now(name)
    return jobs.run_waiting()


def _projects(city: City) -> None:
    """One call with four funded projects, each a step further than the next."""
    call = make_calls.open_call(large_pledge=euros("2000"))
    city.refs["ranked_call"] = call.slug
    titles = {
        "paid": "=1+1 Officina di ringhiera",
        "live": "Orto di via Livigno",
        "asked": "Ciclofficina Affori",
        "preparing": "Doposcuola del cortile",
    }
    sent = {name: _admissible(city, name, title, call) for name, title in titles.items()}
    make_evaluation.drawn_ranking(call, panel=make_evaluation.evaluators(call, people=_panel(city)))
    with transaction():
        day = clock.local(clock.now()).date()
        by = city.person("responsible")
        evaluation_verbs.approve_ranking(call, act="DD 1234/2026", act_on=day, by=by, now=clock.now())
    made = {name: _prepared(proposal) for name, proposal in sent.items()}
    for name, campaign in made.items():
        city.refs[f"{name}_campaign"], city.refs[f"{name}_slug"] = campaign.ref, campaign.slug
    _open(city, made["paid"])
    _paid(city, made["paid"])
    _ask(made["asked"])
    _open(city, made["live"])
    _live(city, made["live"])


def _admissible(city: City, name: str, title: str, call: Call) -> Proposal:
    group = make_groups.group(name=f"+Gruppo {title}", people=2)
    first, second = make_groups.members(group)
    city.people[f"{name}_member"], city.people[f"{name}_second"] = first.ref, second.ref
    city.refs[f"{name}_group"], city.refs[f"{name}_group_slug"] = group.ref, group.slug
    made = make_proposals.admissible(group, call=call, title=title, officer=city.person("checker"))
    city.refs[f"{name}_proposal"] = made.ref
    return made


def _panel(city: City) -> list[Person]:
    return [city.person(name) for name in ("panelist", "panelist_2")]


def _prepared(proposal: Proposal) -> Campaign:
    award = evaluation.award_of(proposal.id)
    assert award is not None
    with transaction():
        made = campaign_verbs.prepare(award, by=None, now=clock.now())
    by = make_campaigns.members(made)[0]
    with transaction():
        campaign_verbs.write_text(
            made,
            summary="Una vecchia portineria diventa il posto dove aggiustare insieme.",
            story=make_campaigns.STORY,
            impact=make_campaigns.IMPACT,
            picture_id=None,
            picture_alt="",
            by=by,
            now=clock.now(),
        )
    return made


def _ask(campaign: Campaign) -> None:
    with transaction():
        campaign_verbs.ask_to_launch(campaign, by=make_campaigns.members(campaign)[0], now=clock.now())


def _open(city: City, campaign: Campaign) -> None:
    _ask(campaign)
    with transaction():
        campaign_verbs.confirm_ready(campaign, by=city.person("opener"), now=clock.now())


def _paid(city: City, campaign: Campaign) -> None:
    """Collected, signed and published; the advance is prepared; one receipt is sent."""
    closing.promised(campaign, ["1900", "1900", "1000"])
    closing.closed(campaign, _run)
    closing.announced(campaign, _run)
    closing.collecting(campaign, _run)
    agreement = make_grants.prepared(make_campaigns.again(campaign), officer=city.person("preparer"))
    for party, person in grants.parties(agreement).items():
        city.people[f"signs_{party}"] = person.ref
        make_grants.sign(agreement, person)
    agreement = make_grants.again(agreement)
    with transaction():
        grant_verbs.publish(agreement, by=city.person("preparer"), now=clock.now())
    order = make_grants.order(agreement, officer=city.person("preparer"))
    receipt = make_grants.receipt(agreement, "1200")
    entity = groups.entity(agreement.entity_id)
    city.refs |= {"agreement": agreement.ref, "order": order.ref, "receipt": receipt.ref, "paid_entity": entity.ref}


def _live(city: City, campaign: Campaign) -> None:
    """Promises, one of them large and waiting, a question, and a body in the making."""
    donors = {
        "pledge": ("50", "donatrice@example.org"),
        "other_pledge": ("75", "altra@example.org"),
        "held": ("2500", "grande@example.org"),
    }
    for name, (amount, email) in donors.items():
        pledge = make_pledges.active_pledge(campaign, euros(amount), email=email, name="Lia", show_name=True)
        city.refs[name] = pledge.ref
        city.refs[f"{name}_token"] = _token(email)
    with transaction():
        question = campaign_verbs.ask_question(
            campaign, "A che ora si apre l’orto la domenica?", by=city.person("stranger"), now=clock.now()
        )
        city.refs["question"] = question.ref
        by, now = make_campaigns.members(campaign)[0], clock.now()
        city.refs["news"] = campaign_verbs.post_update(
            campaign, "Prima riunione", "Eravamo in venti.", by=by, now=now
        ).ref
        photo = storing.store(pictures.photo(), "orto.jpg", kind="picture", private=False, by=by, now=now)
        city.refs["hung"] = campaign_verbs.hang_photo(campaign, photo, "L’orto in marzo", by=by, now=now).ref
        plan = storing.store(pictures.pdf(), "pianta.pdf", kind="document", private=False, by=by, now=now)
        city.refs["document"] = campaign_verbs.add_document(campaign, plan, "drawing", "Pianta", by=by, now=now).ref
    entity = make_groups.sent_entity(groups.group(campaign.group_id))
    city.refs["live_entity"] = entity.ref
    with transaction():
        project = following.thing(Subject.PROJECT, campaign.slug)
        follow = followers.ask("segue@example.org", project, pace=Pace.DAILY, language="it", now=clock.now())
    city.refs["follow_token"] = following.secret(follow.ref, Pace.DAILY)
    city.refs["stop_token"] = following.secret(follow.ref, "stop")


def _token(email: str) -> str:
    return identity.token_in(outbox.latest(1, recipient=email)[0])


def _calls(city: City) -> None:
    """A call in evaluation, an open one with a proposal sent and one being written, and a draft."""
    soon = clock.now() + timedelta(hours=2)
    closing_soon = make_calls.open_call("Bando dei cortili", closes_at=soon)
    city.refs["scored_call"] = closing_soon.slug
    scored = _admissible(city, "scored", "Biblioteca di condominio", closing_soon)
    make_evaluation.evaluators(closing_soon, people=[*_panel(city), city.person("scoring_responsible")])
    make_evaluation.close(closing_soon)
    for name in ("panelist_2", "scoring_responsible"):
        make_evaluation.score(scored, city.person(name))
    opened = make_calls.open_call("Bando delle piazze")
    city.refs["open_call"] = opened.slug
    for name, make, more in (
        ("sent", make_proposals.submitted, {}),
        ("written", make_proposals.written, {"with_picture": True}),
    ):
        group = make_groups.group(name=f"Gruppo {name}", people=2)
        proposal = make(group, call=opened, title=f"Piazza {name}", **more)
        city.refs[f"{name}_proposal"], city.refs[f"{name}_group"] = proposal.ref, group.ref
        city.people[f"{name}_member"], city.people[f"{name}_second"] = (
            person.ref for person in make_groups.members(group)
        )
    draft = make_calls.draft_call("Bando da scrivere")
    whole = calls.whole(opened)
    city.refs |= {
        "draft_call": draft.ref,
        "open_call_ref": opened.ref,
        "programme": whole.programme.ref,
        "programme_code": whole.programme.code,
        "source": whole.source.ref,
    }
    guest = "invitata@example.org"
    free = make_groups.group(name="Gruppo appena nato", people=2)
    city.people["free_member"], city.people["free_second"] = (person.ref for person in make_groups.members(free))
    city.refs["free_group"] = free.ref
    city.refs["join_token"] = make_groups.invite(free, guest, by=city.person("free_member"))
    city.refs["invitation"] = groups.invitations(free.id)[0].ref
    asked = city.person("stranger").email
    city.refs["own_join_token"] = make_groups.invite(free, asked, by=city.person("free_member"))
    city.refs["own_invitation"] = groups.invitations_for(asked, clock.now())[0].ref
    picture = proposal_reads.picture(proposal)
    assert picture is not None
    city.refs["picture"] = picture.ref


def _accounts(city: City) -> None:
    """A registration that waits, a forgotten password, an open session of somebody."""
    now = clock.now()
    with transaction():
        identity_verbs.register(
            name="Nora Prova",
            email="nora@example.org",
            password=identity.PASSWORD,
            born_on=date(1990, 1, 2),
            tax_code=identity.tax_code(date(1990, 1, 2)),
            language="it",
            now=now,
        )
    city.refs["confirm_token"] = _token("nora@example.org")
    member = city.person("paid_member")
    with transaction():
        identity_verbs.ask_reset(member.email, language="it", address="", now=now)
    city.refs["reset_token"] = _token(member.email)
    city.refs["letter"] = outbox.latest(1, recipient=member.email)[0].ref
    with transaction():
        identity_verbs.open_session(member, now=now)
    city.refs["session"] = people.sessions(member.id, now)[0].ref


def _desk(city: City) -> None:
    """A view that the officer keeps, a calendar address, and a list of all pledges made for the administrator."""
    now, officer, administrator = clock.now(), city.person("officer"), city.person("administrator")
    with transaction():
        view = desk_verbs.save_view("Le mie", "proposals.queue", {"view": ["all"], "q": ["orto"]}, by=officer, now=now)
        city.refs["feed_token"] = desk_verbs.new_feed(by=officer, now=now)
        work = desk_verbs.begin(
            Kind.PLEDGES, roles=frozenset({"administrator"}), language="it", by=administrator, now=now
        )
    city.refs |= {"saved_view": view.ref, "work": work.ref}
    _run()


def _difference(city: City) -> None:
    """The books compared with the provider, and one cent on its balance that nobody has explained."""
    finance_jobs.reconcile()
    now = clock.now()
    stray = Line("txn_stray", "", "adjustment", -1, 0, None, None, None, now - timedelta(hours=1))
    with transaction():
        finance_verbs.keep([stray], now=now)
        finance_verbs.conclude(now, now, 1, now=now)
    city.refs["finding"] = finance.open_findings()[0].ref
