"""Who acts: all that a lower room needs to know of a person."""

from typing import Protocol


class Actor(Protocol):
    """Someone who does something and whose name goes into the journal."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...
