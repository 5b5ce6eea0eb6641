"""The demo's people: one account per role, and the members of the groups, registered as anybody registers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stdnum.it import codicefiscale

from app.core.db import db
from app.demo.stage import Stage
from app.demo.stories import Story
from app.groups import service as groups
from app.groups.models import Group
from app.identity import queries as people
from app.identity import service as identity
from app.identity.models import Person
from app.outbox import queries as outbox
from app.territory import queries as territory

PASSWORD = "ringhiera-aperta-2026"  # noqa: S105 - printed at every start: everybody may know it
BORN = date(1984, 5, 17)


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in to the demo."""

    role: str
    name: str
    email: str
    password: str = PASSWORD


ACCOUNTS = (
    Account("officer", "Marta Colombo", "ufficio@cofonda.example"),
    Account("officer (second)", "Giulio Ferrari", "ufficio2@cofonda.example"),
    Account("evaluator", "Elisa Fontana", "valuta@cofonda.example"),
    Account("evaluator (second)", "Franco Rizzi", "valuta2@cofonda.example"),
    Account("responsible officer", "Irene Colnaghi", "responsabile@cofonda.example"),
    Account("finance", "Dario Monti", "ragioneria@cofonda.example"),
    Account("administrator", "Sara Neri", "admin@cofonda.example"),
    Account("group member", "Amina Ferrante", "gruppo@cofonda.example"),
)
_ROLES = {
    "officer": "officer",
    "officer (second)": "officer",
    "evaluator": "evaluator",
    "evaluator (second)": "evaluator",
    "responsible officer": "responsible",
    "finance": "finance",
    "administrator": "administrator",
}
# The member whom a newcomer plays stands in the first story's group.
_PLAYED = {account.name: account for account in ACCOUNTS}


def tax_code(number: int, born_on: date = BORN) -> str:
    """A well-formed tax code that nobody has: its municipality (Z9xx) does not exist."""
    letters = "".join("BCDFGLMNPRSTV"[number // 13**place % 13] for place in range(6))
    body = f"{letters}{born_on:%y}{'ABCDEHLMPRST'[born_on.month - 1]}{born_on.day:02d}Z9{number % 100:02d}"
    return body + codicefiscale.calc_check_digit(body)


class Cast:
    """Everybody in the demo, by name."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.count = 0

    def person(self, name: str, email: str | None = None) -> Person:
        """The person of that name, registered and confirmed if not there yet."""
        played = _PLAYED.get(name)
        address = email or (played.email if played else f"{_slug(name)}@posta.example")
        known = people.by_email(address)
        if known is not None:
            return known
        self.count += 1
        with self.stage.act() as now:
            identity.register(
                name=name,
                email=address,
                password=PASSWORD,
                born_on=BORN,
                tax_code=tax_code(self.count),
                language="it",
                now=now,
            )
        token = outbox.links_of(outbox.latest(1, recipient=address)[0])[0][1].rpartition("/")[2]
        with self.stage.act() as now:
            return identity.confirm_email(token, password=PASSWORD, now=now)

    def staff(self) -> dict[str, Person]:
        """The office: one person per role (two officers, two evaluators)."""
        found = {}
        for account in ACCOUNTS:
            role = _ROLES.get(account.role)
            if role is None:
                continue
            person = self.person(account.name, account.email)
            with self.stage.act() as now:
                if role not in people.roles(person.id, now):
                    identity.grant(person, role, by=None, now=now)
            found[account.role] = person
        return found

    def group(self, story: Story) -> tuple[Group, list[Person]]:
        """The story's informal group: the first forms it, the others are invited and join by the link in the mail."""
        crowd = [self.person(name) for name in story.people]
        first, *others = crowd
        zone = territory.zone_by_number(story.zone)
        if zone is None:
            raise RuntimeError(f"no zone number {story.zone}: load the territory first")
        with self.stage.act() as now:
            group = groups.form(story.group, zone, by=first, now=now, about=story.about)
        for person in others:
            with self.stage.act() as now:
                groups.invite(group, person.email, by=first, now=now, language="it")
            token = outbox.links_of(outbox.latest(1, recipient=person.email)[0])[0][1].rpartition("/")[2]
            with self.stage.act() as now:
                groups.join(token, by=person, now=now)
        db.session.refresh(group)
        return group, crowd


def code_in_mail(person: Person) -> str:
    """The one-time code that was just mailed to the person."""
    letter = outbox.letter(outbox.latest(1, recipient=person.email)[0])
    return next(value for block in letter.blocks for _, value in block.rows if value.isdigit())


def _slug(name: str) -> str:
    plain = name.lower().translate(str.maketrans("àèéìòù’' ", "aeeiou..."[:9]))
    return plain.replace(" ", ".").replace("..", ".")
