"""A world made once is copied: the second test that asks a maker for the same thing in the same world finds it made.

A maker marked `kept` is a step from one known world to another: the database, the provider's sandbox and the clock.
Whoever commits anything between two steps leaves the known world, and from there on everything is really made.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pytest
from flask import current_app
from sqlalchemy import event, inspect
from sqlalchemy.exc import DisconnectionError

from app.core.db import Model, db
from app.core.money import Money
from sandbox.faults import Settings

P = ParamSpec("P")
R = TypeVar("R")
PLAIN = (type(None), bool, int, str, bytes, float, date, timedelta, Enum, Money)
EXTENSION = "tests.world"
MOST = 64  # copies of one process, some 14 MB each; the one that was not asked for longest goes first


class Unknown(Exception):
    """A value that cannot be told apart from another, so nothing that depends on it is kept."""


@dataclass
class Copy:
    """A world that was left: its database as a template, the sandbox's books, the time, and what the maker returned."""

    database: str
    sandbox: sqlite3.Connection | None
    now: datetime
    made: Any


@dataclass
class World:
    """Where the current test is; one for each process of the run."""

    app: Any
    database: Any
    running: Any = None  # the provider's sandbox, if the test has one
    mute: bool = False  # other processes are on this database
    patching: pytest.MonkeyPatch | None = None  # with which the test may change the program
    step: tuple[Any, ...] | None = ()  # how the world was reached from the empty one; None where nobody knows
    changes: int = 0  # the sandbox's count of writes at that step
    asked: Counter[Any] = field(default_factory=Counter)
    copies: dict[Any, Copy] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def begin(self, patching: pytest.MonkeyPatch | None) -> None:
        """A test begins in the empty world; what it makes once it has patched the program is its own."""
        self.running, self.mute, self.patching = None, False, patching
        self.settings = dict(self.app.config)
        self.step, self.changes = (), 0  # the database is brought there by whoever connects first

    def join(self, running: Any) -> None:
        """The test has the provider's sandbox too, empty."""
        self.running = running
        self.settings = dict(self.app.config)
        self.changes = self._writes()

    def follow(self, tell: Callable[[], None]) -> None:
        """The clock moved and the sandbox is told: the time is looked at anyway, so the world stays known."""
        known = self.known()
        tell()
        if known:
            self.changes = self._writes()

    def arrive(self, step: tuple[Any, ...] | None) -> None:
        """The world is now this one."""
        self.step = self.database.holds = step
        self.changes = self._writes()

    def leave(self) -> None:
        """Somebody changed something: this world is nobody else's."""
        self.step = self.database.holds = None

    def known(self) -> bool:
        """Whether the world is one that another test can be in."""
        return (
            self.step is not None
            and not self.mute
            and not self._patched()
            and threading.current_thread() is threading.main_thread()
            and self.changes == self._writes()
            and self._as_set()
        )

    def keep(self, made: Any) -> Copy:
        """A copy of the world as it is."""
        db.session.rollback()
        db.engine.dispose()
        books = None
        if self.running is not None:
            books = sqlite3.connect(":memory:", check_same_thread=False)
            with self.running.sandbox.store.lock:
                self.running.sandbox.store.db.backup(books)
        while len(self.copies) >= MOST:
            self.database.cluster.drop_database(self.copies.pop(next(iter(self.copies))).database)
        return Copy(self.database.keep(), books, current_app.extensions["clock"].now(), made)

    def enter(self, copy: Copy, step: tuple[Any, ...]) -> None:
        """The world becomes that copy, which is at that step."""
        db.session.rollback()
        db.session.expire_all()
        db.engine.dispose()
        if self.database.holds != step:
            self.database.become(copy.database)
        if copy.sandbox is not None:
            with self.running.sandbox.store.lock:
                copy.sandbox.backup(self.running.sandbox.store.db)
        current_app.extensions["clock"].at(copy.now)
        self.arrive(step)

    def _patched(self) -> bool:
        return self.patching is not None and bool(self.patching._setattr or self.patching._setitem)

    def _writes(self) -> int:
        return 0 if self.running is None else int(self.running.sandbox.store.db.total_changes)

    def _as_set(self) -> bool:
        calm = self.running is None or self.running.sandbox.faults.settings == Settings()
        return calm and self.settings == dict(self.app.config)


def watch(app: Any, database: Any) -> World:
    """The world of this process; every commit that no maker made leaves it."""
    world = World(app, database)
    app.extensions[EXTENSION] = world

    def came(raw: Any, record: Any) -> None:
        record.info["of"] = database.name

    def asked(raw: Any, record: Any, proxy: Any) -> None:
        if record.info["of"] != database.name:
            raise DisconnectionError  # the pool takes a new one: this one is of the test before

    with app.app_context():
        event.listen(db.engine, "commit", lambda connection: world.leave())
        event.listen(db.engine, "connect", came)
        event.listen(db.engine, "checkout", asked)
    return world


def kept(make: Callable[P, R]) -> Callable[P, R]:
    """What this makes is made once for all tests that ask for the same in the same world."""
    return _step(make, copied_at=2)


def dear(make: Callable[P, R]) -> Callable[P, R]:
    """What takes long to make, so that it is kept when it is made first."""
    return _step(make, copied_at=1)


def step(make: Callable[P, R]) -> Callable[P, R]:
    """Too small to be copied, but the world after it is known."""
    return _step(make, copied_at=0)


def _step(make: Callable[P, R], *, copied_at: int) -> Callable[P, R]:
    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> R:
        world: World | None = current_app.extensions.get(EXTENSION)
        if world is None or not world.known():
            return make(*args, **kwargs)
        try:
            asked = (world.step, make.__module__, make.__name__, _told(args), _told(kwargs), world.running is not None)
            asked = (*asked, current_app.extensions["clock"].now())
        except Unknown:
            return make(*args, **kwargs)
        copy = world.copies.get(asked)
        if copy is not None:
            world.copies[asked] = world.copies.pop(asked)  # the newest again
            world.enter(copy, asked)
            found: R = _found(copy.made)
            return found
        result = make(*args, **kwargs)
        world.asked[asked] += 1
        if 0 < copied_at <= world.asked[asked]:
            world.copies[asked] = world.keep(_noted(result))
        world.arrive(asked)
        return result

    return made


def _told(value: Any) -> Any:
    """A value as something that two tests can compare."""
    if isinstance(value, PLAIN):
        return (type(value).__name__, value)
    if isinstance(value, Model) and inspect(value).identity is not None:
        return (type(value).__name__, inspect(value).identity)
    if isinstance(value, dict):
        return tuple((_told(key), _told(each)) for key, each in value.items())
    if isinstance(value, list | tuple):
        return (type(value).__name__, *(_told(each) for each in value))
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *(_told(getattr(value, each.name)) for each in fields(value)))
    if getattr(value, "__qualname__", "") == "run_jobs.<locals>.run" or value is current_app.extensions["clock"]:
        return "of the test"
    raise Unknown(repr(value))


def _noted(result: Any) -> Any:
    """What was made, as something that can be found again in a copy."""
    if isinstance(result, Model):
        return (type(result), inspect(result).identity)
    if isinstance(result, list | tuple):
        return [type(result), *(_noted(each) for each in result)]
    if isinstance(result, PLAIN):
        return result
    raise TypeError(f"a kept maker returns rows or plain values, not {type(result).__name__}")


def _found(noted: Any) -> Any:
    if isinstance(noted, tuple):
        return db.session.get_one(*noted)
    if isinstance(noted, list):
        return noted[0](_found(each) for each in noted[1:])
    return noted
