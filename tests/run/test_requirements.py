import re

import pytest

from run.settings import ROOT

FILES = ["requirements", "requirements-dev", "requirements-node"]


def names(text: str) -> set[str]:
    """The packages a requirements file names, spelled alike."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)", text, flags=re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


@pytest.mark.parametrize("name", FILES)
def test_what_is_asked_for_is_pinned(name: str) -> None:
    asked = "\n".join(
        line for line in (ROOT / f"{name}.in").read_text().splitlines() if not line.startswith(("#", "-"))
    )
    pinned = (ROOT / f"{name}.txt").read_text()
    assert names(asked) - names(pinned) == set()


@pytest.mark.parametrize("name", FILES)
def test_every_pinned_package_has_a_hash_and_no_address(name: str) -> None:
    pinned = (ROOT / f"{name}.txt").read_text()
    for package in re.findall(r"^[a-z0-9][^\n]*==[^\n]*", pinned, flags=re.MULTILINE):
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+ \\", package), package
        assert f"{package}\n    --hash=sha256:" in pinned
    assert "://" not in pinned


def test_development_uses_the_very_versions_of_production() -> None:
    def versions(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / f"{name}.txt").read_text(), flags=re.MULTILINE))

    production, development = versions("requirements"), versions("requirements-dev")
    both = production.keys() & development.keys()
    assert {name: development[name] for name in both} == {name: production[name] for name in both}
