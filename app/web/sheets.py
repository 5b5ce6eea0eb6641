"""What leaves the site about one project: the facts that its card, widget, badge and poster all say alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import State
from app.core.money import ZERO, Money
from app.files import queries as files
from app.files.models import File
from app.pledges import queries as pledges
from app.settlement import queries as settlement
from app.territory.models import Zone
from app.web import filters
from app.web.pictures.bars import money_bar


@dataclass(frozen=True)
class Sheet:
    """One project as others may show it."""

    campaign: Campaign
    zone: Zone
    picture: File | None
    open: bool
    failed: bool
    people: int
    sum: Money  # what people promised or gave: the leading figure
    match: Money | None  # the city's part, once it is confirmed
    word: str  # the state in words
    kind: str  # the state's mark
    ends: str  # how long it is open, in words; empty when it is over

    @property
    def reached(self) -> bool:
        """Whether the sum is past the threshold."""
        return self.sum >= self.campaign.threshold

    @property
    def city(self) -> Money:
        """What the city puts in, or would."""
        if self.match is not None:
            return self.match
        if self.failed:
            return ZERO
        rest = self.campaign.budget - max(self.sum, self.campaign.threshold)
        return max(ZERO, min(self.campaign.ceiling, rest))

    def note(self) -> str:
        """One sentence under the leading figure."""
        if self.open and not self.people:
            return str(_("No gift yet: the first one can be yours."))
        if self.match is not None:
            return str(ngettext("given by %(num)d person", "given by %(num)d people", self.people))
        if self.failed:
            return str(ngettext("%(num)d person, and nobody paid", "%(num)d people, and nobody paid", self.people))
        words = str(ngettext("promised by %(num)d person", "promised by %(num)d people", self.people))
        reached = filters.percent_of(self.sum, self.campaign.threshold)
        return f"{words}: " + str(_("%(percent)s of the threshold", percent=reached))

    def bar(self, height: int, *, label: bool = True) -> Markup:
        """The money bar of the project."""
        sums = (self.sum, self.campaign.threshold, self.campaign.budget)
        match = ZERO if self.failed else self.match
        return money_bar(
            *sums,
            match=match,
            city=self.campaign.ceiling,
            stretch=self.campaign.stretch or None,
            height=height,
            label=label,
        )

    def says(self) -> str:
        """The whole state in one line, for a badge or a picture's description."""
        if self.failed:
            return self.word
        if self.match is not None:
            sums = {"people": filters.money(self.sum), "city": filters.money(self.match)}
            return str(_("%(people)s from people and %(city)s from the city", **sums))
        sums = {"sum": filters.money(self.sum), "threshold": filters.money(self.campaign.threshold)}
        return str(_("%(sum)s promised of %(threshold)s", **sums))


def of(slug: str, now: datetime) -> Sheet:
    """The sheet of the public project at that address."""
    campaign = campaigns.by_slug(slug)
    row = pledges.rows([campaign])[0]
    close, case = settlement.outcomes([campaign.id])[campaign.id]
    failed = bool((close and close.outcome == "lost") or (case and case.state == "released"))
    is_open = campaign.state is State.LIVE and campaign.closes_at is not None and now < campaign.closes_at
    collecting = bool(case and case.state in ("collecting", "confirmed"))
    if failed and close:
        sum_, people = close.counted, close.donors
    else:
        sum_, people = (row.totals.collected_counted if collecting else row.totals.raised), row.totals.donors
    match = case.match if case and not failed else None
    reached = sum_ >= campaign.threshold
    if is_open:
        word, kind = _("Collection open"), "now"
    elif failed:
        kind = "todo"
        if not reached:
            word = _("Closed without reaching the threshold")
        else:
            word = _("Gifts given back") if case and case.why == "not_collected" else _("Nobody paid")
    elif match is not None:
        word, kind = _("Funded"), "done"
    elif case and case.state == "collecting":
        word, kind = _("Cards being charged"), "now"
    else:
        word, kind = (_("Threshold reached"), "done") if reached else (_("Collection closed"), "todo")
    return Sheet(
        campaign=campaign,
        zone=row.zone,
        picture=files.by_id(campaign.picture_id) if campaign.picture_id else None,
        open=is_open,
        failed=failed,
        people=people,
        sum=sum_,
        match=match,
        word=str(word),
        kind=kind,
        ends=filters.days_text(campaign.last_day, now) if is_open and campaign.last_day else "",
    )
