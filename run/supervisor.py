"""A small supervisor: parts start in order, come back when they die, stop in the opposite order and leave nothing."""

import json
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

import psutil

from run.processes import adopt_orphans, dies_with_parent, end_group, end_strangers

FIRST_WAIT = 0.2
LONGEST_WAIT = 10.0
STEADY_AFTER = 30.0
LOG_KEPT = 5_000_000
GLANCE = 0.2


class Stopped(BaseException):
    """Someone asked us to stop: Ctrl-C, SIGTERM, or the end of the process that started us."""


class Failed(Exception):
    """A part did not start; the message holds the end of what it said."""


class Foundation(Protocol):
    """What everything stands on; here a database server of our own."""

    @property
    def pid(self) -> int | None:
        """Its process, if it runs."""

    def alive(self) -> bool:
        """Whether it runs."""

    def restart(self) -> None:
        """Start it again after it died."""

    def stop(self) -> None:
        """Stop it."""


@dataclass(frozen=True)
class Part:
    """A program to keep running. Parts of a higher level stop before those of a lower one."""

    name: str
    words: Sequence[str]
    level: int
    environment: dict[str, str]
    folder: pathlib.Path
    log: pathlib.Path
    patience: float = 10.0
    if_orphaned: signal.Signals = signal.SIGTERM  # what the kernel sends it when the supervisor is killed outright

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, so that Ctrl-C is ours alone and its whole group can be ended."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT:
            self.log.unlink()
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.words,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(self.if_orphaned),
            )

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        said = self.log.read_bytes()[-20_000:].decode(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in said[-lines:])


@dataclass
class Running:
    """A part with its present process and the patience we have with it."""

    part: Part
    process: subprocess.Popen[bytes]
    started: float
    wait: float = FIRST_WAIT
    again_at: float | None = None


class Supervisor:
    """Keeps parts running above a foundation (the database) that starts first and stops last."""

    def __init__(self, record: pathlib.Path, say: Callable[[str], None]) -> None:
        self.record = record
        self.say = say
        self.running: list[Running] = []
        self.foundation: Foundation | None = None
        self._refuse_stop = False

    # --- starting --------------------------------------------------------------------------------------------

    def take_charge(self) -> None:
        """Listen for the wish to stop, adopt orphans, and end what an earlier supervisor was forced to leave."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        adopt_orphans()
        self._end_recorded()

    def _asked_to_stop(self, number: int, _frame: FrameType | None) -> None:
        if not self._refuse_stop:
            raise Stopped(signal.Signals(number).name)

    def stand_on(self, foundation: Foundation) -> None:
        """Use this already started foundation, and start it again if it dies."""
        self.foundation = foundation

    def start(self, part: Part) -> None:
        """Start a part and watch over it from now on."""
        self.running.append(Running(part, part.start(), time.monotonic()))
        self._write_record()

    def until(self, ready: Callable[[], bool], part_name: str, patience: float) -> None:
        """Wait until a part that we have just started answers; a part that dies meanwhile is a failure."""
        deadline = time.monotonic() + patience
        one = next(one for one in self.running if one.part.name == part_name)
        while not ready():
            if one.process.poll() is not None:
                raise Failed(f"{part_name} ended at once. The end of {one.part.log}:\n{one.part.last_words()}")
            if time.monotonic() > deadline:
                raise Failed(f"{part_name} did not answer. The end of {one.part.log}:\n{one.part.last_words()}")
            time.sleep(0.05)

    # --- watching --------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Start again whatever dies, until someone asks us to stop."""
        while True:
            self.glance()
            time.sleep(GLANCE)

    def glance(self) -> None:
        """Look at each part once."""
        if self.foundation is not None and not self.foundation.alive():
            self.say("database ended: starting it again")
            end_strangers(self._known())
            self.foundation.restart()
        for one in self.running:
            if one.again_at is None and one.process.poll() is not None:
                self._mourn(one)
            if one.again_at is not None and time.monotonic() >= one.again_at:
                one.process, one.started, one.again_at = one.part.start(), time.monotonic(), None
                self._write_record()

    def _mourn(self, one: Running) -> None:
        """End what the dead part has left behind, then plan its return: at once, or later if it keeps dying."""
        end_group(one.process.pid)
        end_strangers(self._known())
        if time.monotonic() - one.started > STEADY_AFTER:
            one.wait = FIRST_WAIT
        self.say(
            f"{one.part.name} ended ({how(one.process.returncode)}): starting it again ({one.part.log.name} says why)"
        )
        one.again_at = time.monotonic() + one.wait
        one.wait = min(one.wait * 2, LONGEST_WAIT)

    def _known(self) -> set[int]:
        known = {one.process.pid for one in self.running if one.process.poll() is None}
        if self.foundation is not None and self.foundation.pid is not None:
            known.add(self.foundation.pid)
        return known

    # --- stopping --------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop the highest level first and the foundation last; whoever does not go in time is ended."""
        self._refuse_stop = True  # a second Ctrl-C must not leave half of it behind
        for level in sorted({one.part.level for one in self.running}, reverse=True):
            going = [one for one in self.running if one.part.level == level]
            for one in going:
                if one.process.poll() is None:
                    one.process.terminate()
            for one in going:
                try:
                    one.process.wait(one.part.patience)
                except subprocess.TimeoutExpired:
                    self.say(f"{one.part.name} did not stop in {one.part.patience:.0f} s: ended")
                end_group(one.process.pid)
                one.process.wait()
        self.running.clear()
        end_strangers(self._known())
        if self.foundation is not None:
            self.foundation.stop()
        end_strangers(set())
        self.record.unlink(missing_ok=True)

    # --- what a supervisor killed outright leaves to the next one -----------------------------------------------

    def _write_record(self) -> None:
        alive = [one for one in self.running if one.process.poll() is None]
        lines = [{"pid": one.process.pid, "born": _birth(one.process.pid), "name": one.part.name} for one in alive]
        partial = self.record.with_suffix(".new")
        partial.write_text(json.dumps(lines))
        partial.replace(self.record)

    def _end_recorded(self) -> None:
        if not self.record.exists():
            return
        for line in json.loads(self.record.read_text() or "[]"):
            if line["born"] is not None and _still_there(line["pid"], line["born"]):
                end_group(line["pid"])
        self.record.unlink()


def how(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "still running"
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _birth(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def _still_there(group: int, born: float) -> bool:
    """Whether members of this group live, and not of a later one that was given the same number."""
    for process in psutil.process_iter(["create_time"]):
        try:
            if os.getpgid(process.pid) == group and process.info["create_time"] >= born - 1:
                return process.pid != group or process.info["create_time"] <= born + 1
        except (ProcessLookupError, PermissionError):
            continue
    return False
