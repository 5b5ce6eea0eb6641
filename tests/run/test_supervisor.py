import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from run.settings import ROOT

PATIENCE = 60


def eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


class House:
    """One supervisor in a process of its own, and what its parts have written about themselves."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.process = self.enter()

    def enter(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "tests.run.small_house", str(self.folder)]
        return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)

    def family(self) -> list[list[int]]:
        return self.pids("family")

    def pids(self, name: str) -> list[list[int]]:
        """One list per life of the part: its own number, then its child's."""
        path = self.folder / f"{name}.pids"
        lines = path.read_text().splitlines() if path.exists() else []
        return [[int(number) for number in line.split()] for line in lines]

    def stands(self, lives: int = 1) -> bool:
        return eventually(lambda: len(self.pids("family")) >= lives and len(self.pids("stubborn")) >= 1)

    def all_pids(self) -> list[int]:
        return [pid for name in ("family", "stubborn") for life in self.pids(name) for pid in life]

    def empty(self) -> bool:
        return eventually(lambda: not any(alive(pid) for pid in self.all_pids()))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def house(tmp_path: pathlib.Path) -> Iterator[House]:
    folder = tmp_path / "a house"
    folder.mkdir()
    house = House(folder)
    assert house.stands()
    yield house
    house.process.kill()
    house.process.wait()
    for pid in house.all_pids():
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_sigterm_stops_every_part_and_leaves_no_process(house: House) -> None:
    house.process.terminate()
    assert house.process.wait(PATIENCE) == 0
    assert not any(alive(pid) for pid in house.all_pids())
    assert not (house.folder / "processes.json").exists()


def test_ctrl_c_stops_every_part_too(house: House) -> None:
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(PATIENCE) == 3
    assert not any(alive(pid) for pid in house.all_pids())


def test_a_killed_part_comes_back_and_its_orphans_are_ended(house: House) -> None:
    [[parent, child]] = house.family()
    os.kill(parent, signal.SIGKILL)
    assert house.stands(lives=2)
    assert not alive(child)
    newest = house.family()[-1]
    assert all(alive(pid) for pid in newest)
    assert parent not in newest


def test_a_part_that_keeps_dying_is_given_more_and_more_time(house: House) -> None:
    for life in (1, 2, 3):
        assert house.stands(lives=life)
        os.kill(house.family()[-1][0], signal.SIGKILL)
    begun = time.monotonic()
    assert house.stands(lives=4)
    assert time.monotonic() - begun > 0.5  # 0.2 s, 0.4 s, now 0.8 s


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_kill_9_of_the_supervisor_leaves_only_what_refuses_to_stop_and_the_next_start_ends_that(house: House) -> None:
    house.process.kill()
    house.process.wait()
    family, stubborn = house.family(), house.pids("stubborn")
    assert eventually(lambda: not any(alive(pid) for pid in family[0]))
    assert alive(stubborn[0][0])  # it ignores the signal
    house.process = house.enter()
    assert house.stands(lives=2)
    assert eventually(lambda: len(house.pids("stubborn")) == 2)
    assert eventually(lambda: not alive(stubborn[0][0]))  # until whoever adopted it has noticed
    house.process.terminate()
    house.process.wait(PATIENCE)
    assert house.empty()
