"""Codes with check digits that people type: tax codes, IBAN, CUP. Each is normalised or refused with a sentence."""

from __future__ import annotations

import re

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.it import codicefiscale, iva

_CUP = re.compile(r"[A-Z]\d{2}[A-Z]\d{11}")


class CodeError(ValueError):
    """A code that is wrong; the message is a sentence for the person who typed it."""


def _bare(text: str) -> str:
    return re.sub(r"[\s.\-]", "", text).upper()


def person_tax_code(text: str) -> str:
    """The 16-character Italian tax code of a person (omocodia handled), upper case."""
    code = _bare(text)
    if len(code) != 16 or not codicefiscale.is_valid(code):
        raise CodeError("This tax code has a wrong character. Copy its 16 characters from your health card.")
    return code


def body_tax_code(text: str) -> str:
    """The 11-digit Italian tax code of a body."""
    code = _bare(text)
    if len(code) != 11 or not iva.is_valid(code):
        raise CodeError(
            "This tax code has a wrong digit. A body's code has 11 digits: copy it from the tax office's letter."
        )
    return code


def iban(text: str) -> str:
    """A valid IBAN without spaces, upper case (ISO 13616)."""
    code = _bare(text)
    try:
        return str(IBAN(code))
    except (SchwiftyException, ValueError):
        raise CodeError("This IBAN has a wrong digit. Copy it again from your bank's site.") from None


def cup(text: str) -> str:
    """A CUP (Codice Unico di Progetto) of the right form; its last digit's rule is not public."""
    code = _bare(text)
    if not _CUP.fullmatch(code):
        raise CodeError("A CUP has 15 characters, such as B49D16010990006. Copy it from the decree.")
    return code
