"""Quadratic matching after Buterin, Hitzig and Weyl: a pool shared by how many people give rather than how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

from app.core.money import ZERO, Money

ROOT = Context(prec=30)  # digits of a square root
EXACT = Context(prec=60, rounding=ROUND_FLOOR)  # wide enough that sums and shares of such roots lose no cent


def quadratic(
    gifts: Mapping[str, Iterable[Money]], pool: Money, caps: Mapping[str, Money] | None = None
) -> dict[str, Money]:
    """The match of each campaign of a round: (Σ√gift)² − Σ gifts, scaled to the pool, never above its cap.

    One amount a person and campaign: who gave twice is added up first. What a cap frees is shared again among the
    others. Shares are rounded down to the cent, cents left over go to the largest remainders, the first on a tie. The
    pool is given out whole, unless every campaign that may have anything stands at its cap.
    """
    with localcontext(EXACT):
        claims = _claims(gifts)
        return _shared({key: claim for key, claim in claims.items() if claim}, list(claims), pool, caps or {})


def claim(gifts: Iterable[Money]) -> Decimal:
    """The unscaled match of one campaign, in cents with a fraction: nothing for a single donor."""
    with localcontext(EXACT):
        return _claims({"": gifts})[""]


def _claims(gifts: Mapping[str, Iterable[Money]]) -> dict[str, Decimal]:
    amounts = {key: [gift.cents for gift in given] for key, given in gifts.items()}
    distinct = set[int]().union(*amounts.values())
    roots = dict(zip(distinct, map(ROOT.sqrt, distinct), strict=True))  # each distinct amount's root is taken once
    return {key: _claim(own, roots) for key, own in amounts.items()}


def _claim(amounts: Sequence[int], roots: Mapping[int, Decimal]) -> Decimal:
    if len(amounts) < 2:
        return Decimal(0)  # exactly: a rounded root squared would leave a trace of its rounding
    summed = sum(map(roots.__getitem__, amounts), Decimal(0))
    return summed * summed - sum(amounts)


def _shared(claims: dict[str, Decimal], keys: list[str], pool: Money, caps: Mapping[str, Money]) -> dict[str, Money]:
    given = dict.fromkeys(keys, ZERO)
    waiting, left = dict(claims), pool.cents
    while waiting:
        whole = sum(waiting.values())
        full = [key for key, own in waiting.items() if key in caps and left * own >= caps[key].cents * whole]
        if not full:
            break
        for key in full:
            given[key] = caps[key]
            left -= caps[key].cents
            del waiting[key]
    if waiting:
        given |= _largest_remainder(waiting, left)
    return given


def _largest_remainder(claims: Mapping[str, Decimal], cents: int) -> dict[str, Money]:
    whole = sum(claims.values())
    shares = {key: cents * own / whole for key, own in claims.items()}
    floors = {key: int(share) for key, share in shares.items()}
    rest = cents - sum(floors.values())
    for key in sorted(shares, key=lambda one: floors[one] - shares[one])[:rest]:
        floors[key] += 1
    return {key: Money(amount) for key, amount in floors.items()}
