"""What happens in the demo city, and when: days count from today, so that it never looks dead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app.calls import gateway as editions
from app.calls import service as call_verbs
from app.calls.models import Call
from app.calls.rules import Criterion, Terms, TrancheKind, TranchePlan
from app.calls.service import Basics
from app.campaigns import queries as campaigns
from app.campaigns import service as campaign_verbs
from app.campaigns.models import Campaign
from app.campaigns.rules import Impact
from app.core.money import Money, euros
from app.demo import aftermath, donors, projects
from app.demo.cast import Cast
from app.demo.stage import Stage
from app.demo.stories import STORIES
from app.evaluation import queries as evaluation
from app.evaluation import service as scoring
from app.evaluation.service import Mark
from app.identity.models import Person
from app.matching.rules import MatchPolicy
from app.programmes import gateway as cards
from app.programmes import service as programmes
from app.programmes.models import Programme, Source
from app.programmes.service import Card
from app.spaces import gateway as premises
from app.spaces import service as spaces
from app.territory import gateway as zones
from app.territory import service as territory

CRITERIA = (
    Criterion("need", "Bisogno del quartiere", "Need of the neighbourhood", 30),
    Criterion("idea", "Qualità dell’idea", "Quality of the idea", 25),
    Criterion("people", "Persone coinvolte", "People involved", 20),
    Criterion("plan", "Piano e preventivo", "Plan and budget", 15),
    Criterion("after", "Che cosa resta dopo", "What stays afterwards", 10),
)
TERMS = Terms(
    match=MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("60000")),
    budget_min=euros("2000"),
    budget_max=euros("100000"),
    criteria=CRITERIA,
    score_min=60,
    tranches=(TranchePlan(TrancheKind.ADVANCE, 5000), TranchePlan(TrancheKind.BALANCE, 5000)),
    campaign_days=60,
)
FIRST = [
    "cinema-in-cortile",
    "ciclofficina-bovisasca",
    "la-portineria-gentile",
    "il-frutteto-di-chiaravalle",
    "la-pista-di-bocce",
    "il-gioco-del-cortile",
]
SECOND = [
    "officina-di-ringhiera",
    "il-forno-delle-lingue",
    "lorto-dei-binari",
    "semi-di-affori",
    "doposcuola-di-via-padova",
    "passi-sicuri",
    "le-ore-scambiate",
    "radio-ballatoio",
    "sala-prove-comasina",
    "tavolo-lungo",
    "compiti-in-cortile",
    "coro-di-niguarda",
    "mani-in-pasta",
    "lettere-dinchiostro",
]
# Points of the two evaluators, the same on each criterion unless a story needs its own place in the ranking.
POINTS = {
    "mani-in-pasta": (6, 6),
    "lettere-dinchiostro": (5, 6),
    "officina-di-ringhiera": (9, 8),
    "coro-di-niguarda": (7, 7),
}
COMMENTS = (
    "Bisogno descritto con dati e nomi di strade.",
    "Idea semplice, si capisce chi fa che cosa.",
    "Persone del quartiere, con ruoli chiari.",
    "Preventivo credibile, tempi stretti ma possibili.",
    "Resta qualcosa anche dopo la fine dei soldi.",
)


class Script:
    """The whole demo, act by act."""

    def __init__(self, stage: Stage, say: Callable[[str], None]) -> None:
        self.stage = stage
        self.say = say
        self.cast = Cast(stage)
        self.crowds: dict[str, list[Person]] = {}
        self.staff: dict[str, Person] = {}

    def play(self) -> None:
        """From the first programme to this morning."""
        self.city()
        first, second = self.calls()
        self.first_session(first)
        self.second_session(second)
        self.open_call()
        self.stage.at(self.stage.curtain)
        self.stage.settle(2)

    # The city ---------------------------------------------------------------------------------------------------

    def city(self) -> None:
        """The office, the programme and its money."""
        self.say("zones, office and programme")
        self.stage.at(self.stage.moment(-400))
        with self.stage.act():
            territory.load(zones.zone_lines())
        with self.stage.act() as now:
            programmes.load_cards(cards.shipped(), now=now)
            call_verbs.archive_all(editions.shipped(), now=now)
            spaces.load(premises.shipped(), now=now)
        self.staff = self.cast.staff()
        responsible = self.staff["responsible officer"]
        with self.stage.act() as now:
            self.programme: Programme = programmes.set_up(
                Card(
                    code="MI3.3.1.e",
                    title="Scuola dei Quartieri: idee di vicini",
                    summary="Gruppi di abitanti propongono, il quartiere dona, il Comune completa.",
                    city="Milano",
                    area="Servizi per l’inclusione sociale",
                    action="3.3.1",
                    implementing_body="Comune di Milano",
                    responsible_name=responsible.name,
                    responsible_id=responsible.id,
                    cups=("B49J21020960007",),
                    act="Delibera di Giunta (dimostrativa)",
                    starts_on=self.stage.moment(-400).date(),
                    ends_on=self.stage.moment(1200).date(),
                ),
                by=responsible,
                now=now,
            )
            self.source: Source = programmes.add_source(
                self.programme, name="PON Metro, asse 3", fund="FSE", amount=euros("5000000"), by=responsible, now=now
            )
            programmes.release(
                self.source,
                amount=euros("1300000"),
                act="Determina di sblocco (dimostrativa)",
                on=self.stage.moment(-400).date(),
                by=responsible,
                now=now,
            )

    def _call(self, title: str, opens: float, closes: float, envelope: str) -> Call:
        officer = self.staff["officer"]
        self.stage.at(self.stage.moment(opens))
        with self.stage.act() as now:
            call = call_verbs.draft(
                Basics(
                    title=title,
                    summary="Hai un’idea per la tua via? Bastano quattro persone. L’associazione la fondate dopo, se la"
                    " raccolta riesce.",
                    source=self.source,
                    envelope=euros(envelope),
                    opens_at=now,
                    closes_at=self.stage.moment(closes, 12),
                ),
                by=officer,
                now=now,
            )
            call_verbs.fill_all(call, TERMS, by=officer, now=now)
        with self.stage.act() as now:
            call_verbs.publish(call, by=officer, now=now)
        return call

    def calls(self) -> tuple[Call, Call]:
        """Two sessions that are over: proposals in, ranking approved."""
        first = self._call("Scuola dei Quartieri, prima sessione", -330, -300, "60000")
        self._take_part(first, FIRST, -315, to_start=120)
        self._rank(first, -285, "DD 212/{year}")
        second = self._call("Scuola dei Quartieri, seconda sessione", -140, -110, "90000")
        self._take_part(second, SECOND, -125)
        self._rank(second, -95, "DD 348/{year}")
        return first, second

    def _take_part(self, call: Call, slugs: list[str], day: float, *, to_start: int = projects.TO_THE_START) -> None:
        for number, slug in enumerate(slugs):
            self.say(f"proposal {slug}")
            self.stage.at(self.stage.moment(day + number % 12, 9 + number % 9))
            proposal, crowd = projects.write(self.stage, self.cast, call, STORIES[slug], to_start=to_start)
            self.crowds[slug] = crowd
            projects.submit(self.stage, proposal, crowd)

    def _rank(self, call: Call, day: float, act: str) -> None:
        """Admissibility, two evaluators, the ranking and its approval by somebody who did neither."""
        self.say(f"ranking of {call.title}")
        officer, responsible = self.staff["officer"], self.staff["responsible officer"]
        panel = (self.staff["evaluator"], self.staff["evaluator (second)"])
        self.stage.at(self.stage.moment(day - 8))
        with self.stage.act() as now:
            call_verbs.close_due(now=now)
        slugs = FIRST if call.title.endswith("prima sessione") else SECOND
        found = {slug: projects.of_group(self.crowds[slug][0], call) for slug in slugs}
        for proposal in found.values():
            projects.admit(self.stage, proposal, officer)
        with self.stage.act() as now:
            for person in panel:
                scoring.appoint(call, person, by=officer, now=now)
        for index, (slug, proposal) in enumerate(found.items()):
            for which, person in enumerate(panel):
                base = POINTS.get(slug, (8, 7))[which]
                marks = {
                    criterion.key: Mark(min(10, base + ((index + place) % 3 == 0)), COMMENTS[place])
                    if slug not in POINTS
                    else Mark(base, COMMENTS[place])
                    for place, criterion in enumerate(CRITERIA)
                }
                with self.stage.act() as now:
                    scoring.declare(proposal, conflicted=False, by=person, now=now)
                    scoring.score(proposal, marks, complete=True, by=person, now=now)
        self.stage.at(self.stage.moment(day))
        with self.stage.act() as now:
            scoring.draw_ranking(call, by=officer, now=now)
        with self.stage.act() as now:
            year = self.stage.moment(day).year
            scoring.approve_ranking(
                call, act=act.format(year=year), act_on=self.stage.moment(day).date(), by=responsible, now=now
            )
        self.stage.settle()

    # Campaigns ----------------------------------------------------------------------------------------------------

    def prepare(self, slug: str, day: float, *, ask: bool = True) -> Campaign:
        """The group writes its page, and asks to open it."""
        self.stage.at(self.stage.moment(day))
        story, first = STORIES[slug], self.crowds[slug][0]
        campaign = self._campaign(slug)
        impact = [Impact(Money(amount * 100), it, en) for amount, it, en in story.presets]
        with self.stage.act() as now:
            campaign_verbs.write_text(
                campaign,
                summary=story.summary,
                story=f"{story.story}\n\n{story.need}\n\n{story.impact}",
                impact=impact,
                picture_id=None,
                picture_alt="",
                by=first,
                now=now,
            )
        if ask:
            with self.stage.act() as now:
                campaign_verbs.ask_to_launch(campaign, by=first, now=now)
        return campaign

    def _campaign(self, slug: str) -> Campaign:
        """The award's campaign, made by the sweep that follows the ranking, or here."""
        proposal = projects.proposal_of(self.crowds[slug][0], STORIES[slug].title)
        found = campaigns.of_proposal(proposal.id)
        if found is not None:
            return found
        award = evaluation.award_of(proposal.id)
        if award is None:
            raise RuntimeError(f"{slug} has no award")
        with self.stage.act() as now:
            return campaign_verbs.prepare(award, by=None, now=now)

    def launch(self, slug: str, day: float) -> Campaign:
        """An officer opens the campaign on that day."""
        campaign = self.prepare(slug, day)
        with self.stage.act() as now:
            return campaign_verbs.confirm_ready(campaign, by=self.staff["officer"], now=now)

    def gifts(self, campaign: Campaign, whole: str, count: int, until: float, *, failing: tuple[int, ...] = ()) -> None:
        """Gifts from the opening to that day, and the group's news in between."""
        self.say(f"{count} gifts for {campaign.title}")
        slug = next(slug for slug, story in STORIES.items() if story.title == campaign.title)
        opened = campaign.opens_at or self.stage.now
        for after, title, text in STORIES[slug].updates:
            moment = opened + timedelta(days=after)
            if moment < self.stage.curtain:
                self.stage.at(moment)
                with self.stage.act() as now:
                    campaign_verbs.post_update(campaign, title, text, by=self.crowds[slug][0], now=now)
        last = self.stage.moment(until, 9)
        donors.crowd(
            self.stage, campaign, euros(whole), count, first=opened + timedelta(hours=1), last=last, failing=failing
        )

    def close(self, campaign: Campaign) -> None:
        """The deadline passes; ten minutes later the decision is written."""
        ends = campaign.closes_at
        if ends is None:
            raise RuntimeError("an open campaign has an end")
        self.stage.at(ends + timedelta(minutes=1))
        self.stage.settle()
        self.stage.at(ends + timedelta(minutes=15))
        self.stage.settle(2)

    def constitute(self, slug: str, campaign: Campaign, days_after: float) -> None:
        """The group becomes an association and the office verifies it."""
        if campaign.closes_at is None:
            raise RuntimeError("an open campaign has an end")
        self.stage.at(campaign.closes_at + timedelta(days=days_after))
        entity = aftermath.send_items(self.stage, campaign, self.crowds[slug])
        self.stage.at(self.stage.now + timedelta(days=1))
        aftermath.verify(self.stage, entity, self.staff["officer"])
        self.stage.settle()

    def collect(self, days: float = 3) -> None:
        """The three days of notice pass and the cards are charged."""
        self.stage.at(self.stage.now + timedelta(days=days, hours=1))
        self.stage.settle(3)

    # Sessions -----------------------------------------------------------------------------------------------------

    def first_session(self, call: Call) -> None:
        """Six projects that have run their course, or nearly."""
        officer, second = self.staff["officer"], self.staff["officer (second)"]
        responsible, finance = self.staff["responsible officer"], self.staff["finance"]

        campaign = self.launch("cinema-in-cortile", -280)
        self.gifts(campaign, "4800", 16, -221)
        self.close(campaign)
        self.constitute("cinema-in-cortile", campaign, 12)
        self.collect()
        self.stage.at(self.stage.now + timedelta(days=4))
        agreement = aftermath.agree(self.stage, campaign, officer, responsible)
        aftermath.pay_due(self.stage, agreement, officer, second, finance)
        self.stage.at(self.stage.moment(-40))
        spent = [
            ("Proiettore e schermo", 4310),
            ("Lavori elettrici e messa a norma", 2900),
            ("24 serate: diritti e ospiti", 2480),
            ("Assicurazione, 18 mesi", 720),
            ("Sedie e materiali", 494),
            ("Commissioni di pagamento", 96),
        ]
        aftermath.report(self.stage, agreement, self.crowds["cinema-in-cortile"], spent)
        self.stage.at(self.stage.moment(-22))
        aftermath.close_books(self.stage, agreement, officer)
        self.stage.at(self.stage.moment(-18))
        aftermath.pay_due(self.stage, agreement, officer, second, finance)

        campaign = self.launch("ciclofficina-bovisasca", -272)
        self.gifts(campaign, "5830", 20, -214)
        self.close(campaign)
        self.constitute("ciclofficina-bovisasca", campaign, 15)
        self.collect()
        self.stage.at(self.stage.now + timedelta(days=6))
        agreement = aftermath.agree(self.stage, campaign, officer, responsible)
        aftermath.pay_due(self.stage, agreement, officer, second, finance)
        self.stage.at(self.stage.moment(-6))
        aftermath.report(
            self.stage,
            agreement,
            self.crowds["ciclofficina-bovisasca"],
            [("Attrezzi e cavalletti", 2950), ("Ricambi", 980)],
        )

        campaign = self.launch("la-portineria-gentile", -150)
        self.gifts(campaign, "6610", 22, -92)
        self.close(campaign)
        self.constitute("la-portineria-gentile", campaign, 20)
        self.collect()
        self.stage.at(self.stage.now + timedelta(days=5))
        agreement = aftermath.agree(self.stage, campaign, officer, responsible)
        aftermath.pay_due(self.stage, agreement, officer, second, finance)

        # Collected 98 % of the threshold: the match shrinks in the same proportion.
        campaign = self.launch("il-frutteto-di-chiaravalle", -140)
        self.gifts(campaign, "4780", 16, -82)
        donors.promise(self.stage, campaign, euros("50"), 900, card=donors.FAILS_LATER)
        self.close(campaign)
        self.constitute("il-frutteto-di-chiaravalle", campaign, 10)
        self.collect()
        self.stage.at(self.stage.now + timedelta(days=15))
        self.stage.settle(3)
        self.stage.at(self.stage.moment(-4))
        agreement = aftermath.agree(self.stage, campaign, officer, responsible)
        self.stage.at(self.stage.moment(-1, 11))
        aftermath.order_due(self.stage, agreement, officer, second)

        # The group lets its thirty days pass: nobody pays.
        campaign = self.launch("la-pista-di-bocce", -150)
        self.gifts(campaign, "4120", 14, -92)
        self.close(campaign)
        self.stage.at((campaign.closes_at or self.stage.now) + timedelta(days=31))
        self.stage.settle(3)

        # One cent short.
        campaign = self.launch("il-gioco-del-cortile", -130)
        self.gifts(campaign, "4799.99", 16, -72)
        self.close(campaign)

    def second_session(self, call: Call) -> None:
        """Projects that are in the middle of it."""
        campaign = self.launch("coro-di-niguarda", -92)
        self.gifts(campaign, "2950", 10, -34)
        self.close(campaign)
        self.constitute("coro-di-niguarda", campaign, 8)
        self.collect()
        self.stage.at(min(self.stage.now + timedelta(days=2), self.stage.curtain))
        aftermath.agree(self.stage, campaign, self.staff["officer"], self.staff["responsible officer"], sign=False)

        campaign = self.launch("compiti-in-cortile", -84)
        self.gifts(campaign, "3680", 14, -26, failing=(3, 11))
        self.close(campaign)
        self.constitute("compiti-in-cortile", campaign, 10)
        self.collect()

        campaign = self.launch("sala-prove-comasina", -82)
        self.gifts(campaign, "4960", 16, -24)
        self.close(campaign)
        self.stage.at(self.stage.moment(-3))
        aftermath.send_items(self.stage, campaign, self.crowds["sala-prove-comasina"])

        campaign = self.launch("tavolo-lungo", -74)
        self.gifts(campaign, "3340", 12, -16)
        self.close(campaign)
        self.stage.at(self.stage.moment(-4))
        aftermath.send_items(self.stage, campaign, self.crowds["tavolo-lungo"], all_of_them=False)

        for slug, opened, whole, count in (
            ("il-forno-delle-lingue", -51, "5410", 19),
            ("lorto-dei-binari", -55, "3980", 14),
            ("doposcuola-di-via-padova", -40, "6050", 20),
            ("semi-di-affori", -30, "1285", 9),
            ("officina-di-ringhiera", -42, "3648", 36),
        ):
            campaign = self.launch(slug, opened)
            self.gifts(campaign, whole, count, 0)
        self.stage.at(self.stage.moment(-1, 18))
        affori = self._campaign("semi-di-affori")
        donors.promise(self.stage, affori, euros("2000"), 900, name="Cooperativa del viale")
        self.stage.at(self.stage.curtain - timedelta(hours=3))
        self.launch("passi-sicuri", 0)
        self.prepare("le-ore-scambiate", -2)
        self.prepare("radio-ballatoio", -5, ask=False)

    def open_call(self) -> None:
        """The call of today: one proposal waits for the office, one is half written."""
        call = self._call("Scuola dei Quartieri, terza sessione", -14, 26, "180000")
        self.stage.at(self.stage.moment(-3))
        projects.write(self.stage, self.cast, call, STORIES["cortile-aperto"], parts=5)
        self.stage.at(self.stage.moment(-2, 16))
        sent, crowd = projects.write(self.stage, self.cast, call, STORIES["panchine-parlanti"])
        projects.submit(self.stage, sent, crowd)
