"""Published schemes as policies: what other rounds did, to measure a new one against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.money import N_, WHOLE, euros
from app.matching.rules.policy import Base, Funding, MatchPolicy, Mode, Overfunding


@dataclass(frozen=True)
class Scheme:
    """One scheme under the name that people know it by."""

    name: str
    policy: MatchPolicy


def _one_to_one(cap: str) -> MatchPolicy:
    return MatchPolicy(
        mode=Mode.RATIO,
        ratio_bp=WHOLE,
        threshold_bp=1,
        share_bp=WHOLE,
        cap=euros(cap),
        overfunding=Overfunding.KEEP,
    )


def _rest(share_bp: int) -> MatchPolicy:
    """Paid only after the rest is raised: the threshold is all that the city's part leaves open."""
    return MatchPolicy(share_bp=share_bp, threshold_bp=WHOLE, base=Base.REST, cap=euros("5000"))


SCHEMES: Mapping[str, Scheme] = {
    "milan-2015": Scheme(
        N_("Milan 2015–17: half and half"), MatchPolicy(share_bp=5000, threshold_bp=5000, cap=euros("50000"))
    ),
    "milan-2020": Scheme(
        N_("Milan 2020–21: 40 and 60"), MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("60000"))
    ),
    "milan-2022": Scheme(
        N_("Milan 2022: 40 and 60"), MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("48000"))
    ),
    "milan-2024": Scheme(
        N_("Milan 2024–25: half and half"), MatchPolicy(share_bp=5000, threshold_bp=5000, cap=euros("50000"))
    ),
    "bergamo": Scheme(N_("Bergamo 2023: 60 and 40"), MatchPolicy(share_bp=4000, threshold_bp=6000, cap=euros("8000"))),
    "gent-25": Scheme(N_("Gent: a quarter, once the rest is there"), _rest(2500)),
    "gent-50": Scheme(N_("Gent: half, once the rest is there"), _rest(5000)),
    "gent-75": Scheme(N_("Gent: three quarters, once the rest is there"), _rest(7500)),
    "barcelona": Scheme(N_("Barcelona 2017: one euro for each"), _one_to_one("4000")),
    "crt": Scheme(
        N_("Fondazione CRT: doubled from half of the target"),
        MatchPolicy(mode=Mode.RATIO, ratio_bp=WHOLE, threshold_bp=5000, share_bp=5000),
    ),
    "london": Scheme(
        N_("London: a fixed pledge, once the rest is there"),
        MatchPolicy(mode=Mode.FIXED, fixed=euros("50000"), share_bp=7500, threshold_bp=WHOLE, base=Base.REST),
    ),
    "london-2016": Scheme(
        N_("London 2016: a smaller fixed pledge"),
        MatchPolicy(mode=Mode.FIXED, fixed=euros("20000"), share_bp=7500, threshold_bp=WHOLE, base=Base.REST),
    ),
    "goteo": Scheme(
        N_("Goteo: two rounds, the minimum first"),
        MatchPolicy(share_bp=WHOLE, threshold_bp=WHOLE, funding=Funding.TWO_ROUNDS),
    ),
    "quadratic": Scheme(
        N_("Quadratic: by how many people give"), MatchPolicy(mode=Mode.QUADRATIC, share_bp=WHOLE, threshold_bp=1)
    ),
}
