import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest

from run.settings import ROOT

FILES = ["requirements-pip", "requirements", "requirements-run", "requirements-dev", "requirements-node"]
WHAT_RUNS = ["app", "bench", "migrations", "run", "sandbox"]


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


def versions(name: str) -> dict[str, str]:
    """What a requirements file pins."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / f"{name}.txt").read_text(), flags=re.MULTILINE))


def test_development_uses_the_very_versions_of_production() -> None:
    pinned: dict[str, str] = {}
    for name in FILES:
        found = versions(name)
        assert {one: found[one] for one in found.keys() & pinned.keys()} == {
            one: pinned[one] for one in found.keys() & pinned.keys()
        }
        pinned |= found


def test_what_make_run_starts_needs_no_tool_of_the_tests() -> None:
    """`make run` installs requirements.txt and requirements-run.txt only."""
    installed = versions("requirements").keys() | versions("requirements-run").keys()
    provided = {
        module
        for module, packages in packages_distributions().items()
        if any(re.sub(r"[-_.]+", "-", package).lower() in installed for package in packages)
    }
    ours = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir() if path.is_dir()}
    known = provided | ours | sys.stdlib_module_names | {"_typeshed"}  # the last for type checkers alone
    missing = set()
    for path in [*ROOT.glob("*.py"), *(one for folder in WHAT_RUNS for one in (ROOT / folder).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            tops = {name.partition(".")[0] for name in names}
            missing |= {(str(path.relative_to(ROOT)), top) for top in tops - known}
    assert missing == set()
