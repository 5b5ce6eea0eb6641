"""Makes the papers that leave the house: the agreement as an accessible PDF, the transfers as an ISO 20022 file."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from secrets import token_hex
from typing import Any

import typst
from sepaxml import SepaTransfer

from app.core.clock import local
from app.core.money import Money

AGREEMENT = Path(__file__).resolve().parents[2] / "templates" / "grants" / "agreement.typ"
SCHEMA = "pain.001.001.09"


@dataclass(frozen=True, slots=True)
class Treasury:
    """The account the city pays from."""

    name: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One line of a file of transfers."""

    name: str
    iban: str
    amount: Money
    text: str
    end_to_end: str


def agreement_pdf(facts: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The agreement as PDF/UA-1; the same facts and time give the same bytes, so its hash can be signed."""
    return typst.compile(
        AGREEMENT,
        sys_inputs={"data": json.dumps(facts, ensure_ascii=False, sort_keys=True)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )


class _Paper(SepaTransfer):  # type: ignore[misc]  # sepaxml is not typed
    """A file of transfers whose header tells the application’s time: the library would ask the machine’s clock."""

    def __init__(self, payer: dict[str, Any], *, made_at: datetime) -> None:
        self._made_at = local(made_at)
        super().__init__(payer, schema=SCHEMA, clean=True)

    def _create_header(self) -> None:
        self.msg_id = f"{self._made_at:%Y%m%d%H%M%S}-{token_hex(6)}"
        super()._create_header()
        created = self._xml.find("CstmrCdtTrfInitn/GrpHdr/CreDtTm")
        created.text = f"{self._made_at:%Y-%m-%dT%H:%M:%S}"


def transfers_file(
    lines: Sequence[Transfer], *, treasury: Treasury, execute_on: date, made_at: datetime
) -> tuple[str, str]:
    """The file for the bank, checked against the schema, and the message id it carries; both say when it was made."""
    payer = {"name": treasury.name, "IBAN": treasury.iban, "currency": "EUR", "batch": True}
    paper = _Paper(payer | ({"BIC": treasury.bic} if treasury.bic else {}), made_at=made_at)
    for line in lines:
        paper.add_payment(
            {
                "name": line.name,
                "IBAN": line.iban,
                "amount": line.amount.cents,
                "execution_date": execute_on,
                "description": line.text,
                "endtoend_id": line.end_to_end,
            }
        )
    said = paper.export(validate=False, pretty_print=True).decode()
    _schema().validate(said)
    return paper.msg_id, said


@functools.cache
def _schema() -> Any:
    """The schema of the file, read once: sepaxml's own check reads it anew for each file, which takes half a second."""
    import xmlschema

    return xmlschema.XMLSchema(str(resources.files("sepaxml") / "schemas" / f"{SCHEMA}.xsd"))
