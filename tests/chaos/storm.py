"""Many stored cards, a worker that is killed again and again, and the reckoning with the provider afterwards."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.campaigns.models import Campaign
from app.core import settings
from app.core.db import db, transaction
from app.core.money import Money
from app.ledger import queries as ledger
from app.ledger import service as ledger_verbs
from app.pledges.rules.books import promised
from tests.story.house import House, until

PORTION = 500
LEASES = 60  # seconds by which our time moves after a death: what the dead worker had claimed is free again


def api(house: House, method: str, path: str, **data: str) -> Any:
    """One request to the sandbox, as the provider's own library would make it."""
    key = {"Authorization": f"Bearer {house.environment['STRIPE_SECRET_KEY']}"}
    answer = requests.request(method, f"{house.sandbox_url}/v1/{path}", data=data, headers=key, timeout=30)
    answer.raise_for_status()
    return answer.json()


def stored_card(house: House) -> tuple[str, str]:
    """A customer with a card that can be charged."""
    customer = str(api(house, "POST", "customers", email="dona@example.org")["id"])
    return customer, str(api(house, "POST", "payment_methods/pm_card_visa/attach", customer=customer)["id"])


_PLEDGES = text(
    """
    insert into pledges_pledge (ref, campaign_id, kind, state, amount, counts, email, name, show_name, language,
        consent_text, consent_version, consent_sha256, consented_at, last_charge_on, form_key, customer_id,
        checkout_expires_at, payment_method, started_at, stored_at, active_at)
    select 'plg_storm' || n, :campaign, 'promise', 'active', 1000 + n % 700, true, 'dona' || n || '@example.org', '',
        false, 'it', 'x', '1', 'x', :at, :last, 'storm-' || n, customer, :at, card, :at, :at, :at
    from unnest(cast(:numbers as bigint[]), cast(:customers as text[]), cast(:cards as text[])) as t(n, customer, card)
    order by n returning id, amount
    """
)


def promises(house: House, campaign: Campaign, count: int, at: datetime) -> None:
    """So many promises that stand, each with a card of its own at the provider and its entry in the books."""
    with ThreadPoolExecutor(8) as pool:
        cards = list(pool.map(lambda _: stored_card(house), range(count)))
    numbers = itertools.count()
    for start in range(0, count, PORTION):
        part = cards[start : start + PORTION]
        with transaction():
            rows = db.session.execute(
                _PLEDGES,
                {
                    "campaign": campaign.id,
                    "at": at,
                    "last": (at + timedelta(days=80)).date(),
                    "numbers": [next(numbers) for _ in part],
                    "customers": [customer for customer, _ in part],
                    "cards": [card for _, card in part],
                },
            ).all()
            ledger_verbs.post(*(promised(campaign.id, row[0], Money(int(row[1])), at) for row in rows))


class Storm:
    """A collection in bad weather."""

    def __init__(self, house: House, cluster: Any, *, broken: bool = False) -> None:
        self.house, self.cluster, self.broken = house, cluster, broken
        self.kills = self.crashes = 0

    def rows(self, sql: str) -> list[Any]:
        """What the database says now; it may be away for a moment."""
        for _ in range(200):
            try:
                db.session.rollback()
                found = list(db.session.execute(text(sql)).all())
                db.session.rollback()
            except OperationalError:
                time.sleep(0.1)
            else:
                return found
        raise AssertionError("the database did not come back")

    def live(self) -> int:
        """How many charges are written and not settled."""
        return int(self.rows("select count(*) from pledges_charge where state in ('intent', 'sent')")[0][0])

    def stats(self) -> dict[str, Any]:
        """The provider's counts."""
        found: dict[str, Any] = self.house.sandbox("stats")
        return found

    def start(self) -> None:
        """A worker of the build that is tried."""
        if self.broken:
            words = [sys.executable, "-m", "tests.chaos.worker"]
            self.house.running["worker"] = self.house._launch("worker", words)
        else:
            self.house.start("worker")

    def kill_in_flight(self, path: str) -> None:
        """`kill -9` when the provider has done what was asked, and its answer was lost on the way."""
        before = self.stats()["answers_lost"]
        self.house.sandbox("faults", lose_answer_next=3, path=path)
        until(lambda: self.stats()["answers_lost"] > before or not self.live(), "an answer is lost", pause=0.01)
        self.kill()
        self.house.sandbox("faults", lose_answer_next=0, path="")

    def kill(self) -> None:
        """`kill -9`, whatever the worker is doing."""
        self.house.kill("worker")
        self.kills += 1
        with transaction():
            settings.put("clock.shift_seconds", str(LEASES * self.kills))

    def crash(self) -> None:
        """PostgreSQL ends at once, without a checkpoint, and comes back through its log."""
        os.kill(self.cluster.pid, signal.SIGQUIT)
        self.cluster.process.wait(20)
        self.cluster.restart()
        self.crashes += 1
        self.rows("select 1")

    def deaths(self, charges: int, kills: int) -> Iterator[int]:
        """After how many charges the worker dies: spread over the whole run."""
        for number in range(kills):
            yield (charges * (2 * number + 1)) // (2 * kills + 1)

    def charged(self) -> list[dict[str, Any]]:
        """The charges at the provider that took money."""
        found: list[dict[str, Any]] = self.house.sandbox("charges")["charges"]
        return [charge for charge in found if charge["status"] == "succeeded"]

    def reckon(self, campaign: Campaign, count: int) -> list[str]:
        """What is wrong after the storm, charge by charge with the provider; nothing, if all is well."""
        wrong = []
        taken, stats = self.charged(), self.stats()
        ours = self.rows(
            "select provider_charge, amount, key, pledge_id from pledges_charge where state = 'succeeded' order by id"
        )
        attempts = int(self.rows("select count(*) from pledges_charge")[0][0])
        by_id = {charge["id"]: charge["amount"] for charge in taken}
        per_pledge = Counter(charge["metadata"]["pledge"] for charge in taken)
        double = sum(number - 1 for number in per_pledge.values())
        if double:
            wrong.append(f"{double} charged twice")
        if len(ours) != count or len(per_pledge) != count:
            wrong.append(f"{count} promises, {len(ours)} charges of ours, {len(per_pledge)} charged at the provider")
        if {row.provider_charge: row.amount for row in ours} != by_id:
            wrong.append("our charges are not the provider's")
        if stats["payment_intents"] != attempts:
            wrong.append(f"{stats['payment_intents']} payments prepared at the provider for {attempts} attempts")
        difference = -ledger.balance("cash", f"campaign:{campaign.id}", "givers").cents - sum(by_id.values())
        if difference:
            wrong.append(f"books and provider differ by {difference} cents")
        if stats["nonconforming"]["count"]:
            wrong.append(f"requests that Stripe would refuse: {stats['nonconforming']['details'][:3]}")
        db.session.rollback()
        return wrong
