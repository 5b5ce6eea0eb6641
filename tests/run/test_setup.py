import pathlib
import sys

import pytest

from run import setup
from run.settings import ROOT


@pytest.fixture
def stamps(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(setup, "STAMPS", tmp_path)
    return tmp_path


def test_a_step_is_done_again_only_if_something_changed(stamps: pathlib.Path) -> None:
    result, worked = stamps / "made", []

    def step(extra: str) -> setup.Step:
        def work() -> None:
            worked.append(extra)
            result.touch()

        return setup.Step("try", "trying", lambda: [ROOT / "requirements-pip.txt"], result, work, extra=extra)

    for extra in ("one", "one", "two"):
        step(extra).do()
    result.unlink()
    step("two").do()
    assert worked == ["one", "two", "two"]


def test_a_step_that_fails_is_done_again(stamps: pathlib.Path) -> None:
    def fails() -> None:
        setup.run([sys.executable, "-c", "print('no room left'); exit(3)"], what="the packing", helps="Make room.")

    step = setup.Step("try", "trying", list, stamps, fails)
    for _ in range(2):
        with pytest.raises(setup.Stuck, match=r"the packing failed:\nno room left\nMake room\."):
            step.do()


def test_what_comes_after_a_failure_is_left_alone() -> None:
    done: list[str] = []
    with pytest.raises(setup.Stuck):
        setup.one_after_another([lambda: done.append("first"), lambda: setup.run(["false"], what="it"), done.clear])
    assert done == ["first"]


def test_tests_and_checks_need_their_tools_and_a_start_does_not() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = dict(part.partition(":")[::2] for part in makefile.split("\n\n"))
    for name in ("test", "ui", "check", "format", "requirements"):
        assert "$(SETUP) packages tools" in targets[name], name
    for name in ("run", "flask", "bench", "messages", "setup", "reset"):
        assert "tools" not in targets[name], name
    assert "tools" not in setup.FOR_THE_SITE
