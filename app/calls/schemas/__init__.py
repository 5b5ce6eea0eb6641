"""The forms of a call, read into the shape in which its terms are frozen, and the simulator's."""

from app.calls.schemas.sections import ROWS, STEPS, WINDOWS, Correction, basics, beside, correction, section, typed
from app.calls.schemas.trial import PROJECTS, Asked, Changes, assumed, said, simulation

__all__ = [
    "PROJECTS",
    "ROWS",
    "STEPS",
    "WINDOWS",
    "Asked",
    "Changes",
    "Correction",
    "assumed",
    "basics",
    "beside",
    "correction",
    "said",
    "section",
    "simulation",
    "typed",
]
