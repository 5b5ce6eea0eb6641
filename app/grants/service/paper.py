"""The words of the agreement, in Italian: the law's language here, whatever language its readers use elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from app.calls import queries as calls
from app.calls.rules import TrancheKind
from app.campaigns import queries as campaigns
from app.core import settings
from app.core.clock import local
from app.core.errors import Conflict
from app.core.money import Money, plain
from app.grants import queries
from app.grants.models import Agreement, Signature
from app.grants.rules import Signer, tranche_amounts
from app.groups import queries as groups
from app.identity import queries as identity
from app.proposals import queries as proposals
from app.settlement import queries as settlement

_FORMS = {
    "association": "associazione non riconosciuta",
    "committee": "comitato",
    "aps": "associazione di promozione sociale",
    "odv": "organizzazione di volontariato",
    "small_cooperative": "piccola società cooperativa",
    "cooperative": "società cooperativa",
    "foundation": "fondazione",
}
_ROLES = {
    Signer.RESPONSIBLE: "responsabile del procedimento, per il Comune",
    Signer.REPRESENTATIVE: "legale rappresentante, per l’ente",
}


def euro(amount: Money) -> str:
    """1.234,50 € with a space that does not break."""
    return f"{format_decimal(plain(amount), format='#,##0.00', locale='it')}\u00a0€"


def on_day(on: date) -> str:
    """The civil date with its article: il 3 aprile, l’8 aprile, il 1º aprile."""
    article = "l’" if on.day in (8, 11) else "il "
    words = format_date(on, "d MMMM y", locale="it")
    return article + (words.replace("1 ", "1º ", 1) if on.day == 1 else words)


def percent(bp: int) -> str:
    """60 % or 33,33 %."""
    return f"{format_decimal(bp / 100, format='#,##0.##', locale='it')}\u00a0%"


def facts(agreement: Agreement, signatures: Iterable[Signature] = ()) -> dict[str, Any]:
    """Everything the paper says."""
    proposal = proposals.proposal(agreement.proposal_id)
    campaign = settlement.campaign(agreement.campaign_id)
    case = settlement.case(campaign.id)
    entity = groups.entity(agreement.entity_id)
    terms = settlement.terms_of(campaign)
    people = identity.people([agreement.responsible_id, agreement.representative_id])
    city = settings.several("city.")
    if case is None or entity.verified_at is None:
        raise Conflict("The collection is not over, or the body is not verified.")
    return {
        "title": f"Convenzione per il progetto {proposal.title}",
        "summary": f"Convenzione fra {city['name']} e {entity.name} per il progetto {proposal.title}",
        "city": city["name"],
        "city_seat": city["address"],
        "office": city["office"],
        "number": number(agreement),
        "prepared_on": on_day(local(agreement.prepared_at).date()),
        "project": proposal.title,
        "call": calls.call(campaign.call_id).title,
        "zone": groups.zone_of(groups.group(campaign.group_id)).name,
        "cup": agreement.cup,
        "amount": euro(agreement.amount),
        "responsible": people[agreement.responsible_id].name,
        "entity": entity.name or "",
        "entity_form": _FORMS[str(entity.form)],
        "entity_tax_code": entity.tax_code or "",
        "entity_register": entity.register_number or "",
        "representative": people[agreement.representative_id].name,
        "group": groups.group(campaign.group_id).name,
        "verified_on": on_day(local(entity.verified_at).date()),
        "act": queries.act_of(agreement.proposal_id),
        "budget": euro(proposal.total),
        "closed_on": on_day(campaigns.last_day(settlement.deadline(campaign))),
        "gifts": euro(case.collected or Money(0)),
        "lines": [{"name": line.name, "amount": euro(line.amount)} for line in proposals.lines(proposal)],
        "share": percent(agreement.share_bp),
        "tranches": _tranches(agreement.amount, terms.tranches),
        "iban": _spaced(entity.iban or ""),
        "duties": _duties(terms.project_months),
        "sha256": agreement.sha256 if signatures else "",
        "signatures": [
            {"name": one.name, "role": _ROLES[one.role], "at": _moment(one.signed_at), "sha256": one.sha256}
            for one in signatures
        ],
    }


def number(agreement: Agreement) -> str:
    """How people call the agreement."""
    return f"Convenzione {agreement.number}/{agreement.year}"


def _tranches(amount: Money, plan: Iterable[Any]) -> list[dict[str, str]]:
    steps = list(plan)
    parts = tranche_amounts(amount, [one.bp for one in steps])
    return [
        {
            "name": "Anticipo, dopo la firma e la pubblicazione"
            if one.kind is TrancheKind.ADVANCE
            else "Saldo, a conti chiusi, al massimo",
            "share": percent(one.bp),
            "amount": euro(part),
        }
        for one, part in zip(steps, parts, strict=True)
    ]


def _duties(months: int) -> list[str]:
    return [
        f"Realizza il progetto entro {months} mesi dalla firma, secondo il preventivo dell’articolo 1.",
        "Usa il contributo e i doni solo per le voci del preventivo.",
        "Paga ogni spesa con mezzi tracciabili e conserva le ricevute per dieci anni; scrive il CUP su ogni documento.",
        "Carica ogni ricevuta sulla piattaforma, una sola volta e per un solo progetto.",
        "Dice in pubblico che il progetto è pagato dai donatori e dal Comune.",
        "Se in un anno riceve dal settore pubblico 10.000 € o più, lo pubblica sul proprio sito (L. 124/2017).",
    ]


def _moment(at: datetime) -> str:
    return f"{on_day(local(at).date())}, ore {local(at):%H:%M:%S}"


def _spaced(iban: str) -> str:
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))
