"""Makes the one paper of the room: a donor's acknowledgment as an accessible PDF."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

ACKNOWLEDGMENT = Path(__file__).resolve().parents[2] / "templates" / "pledges" / "acknowledgment.typ"


def acknowledgment_pdf(facts: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The acknowledgment as PDF/UA-1; the same facts and time give the same bytes."""
    return typst.compile(
        ACKNOWLEDGMENT,
        sys_inputs={"data": json.dumps(facts, ensure_ascii=False, sort_keys=True)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
