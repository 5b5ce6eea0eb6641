"""Reads what the group typed about its amounts."""

from collections.abc import Mapping

from app.campaigns.rules import IMPACT_MOST, Impact
from app.core.errors import Invalid, Refusal
from app.core.money import AmountError, parse

WORDS_MOST = 60


def impact_lines(form: Mapping[str, str], locale: str) -> list[Impact]:
    """Up to four amounts with what they make possible; a row left empty is no line."""
    lines: list[Impact] = []
    errors: dict[str, Refusal | str] = {}
    for number in range(1, IMPACT_MOST + 1):
        amount, words = form.get(f"amount_{number}", "").strip(), " ".join(form.get(f"it_{number}", "").split())
        english = " ".join(form.get(f"en_{number}", "").split())
        if not (amount or words or english):
            continue
        try:
            sum_ = parse(amount, locale)
        except AmountError as error:
            errors[f"amount_{number}"] = str(error)
            continue
        if not words:
            errors[f"it_{number}"] = Refusal("Write what this amount makes possible.")
        elif max(len(words), len(english)) > WORDS_MOST:
            errors[f"it_{number}"] = Refusal("Write at most %(most)s characters.", most=WORDS_MOST)
        else:
            lines.append(Impact(sum_, words, english))
    if errors:
        raise Invalid(errors)
    return sorted(lines, key=lambda line: line.amount)
