"""Where the judges that others wrote are, and how each is asked: axe, html-validate, the Nu checker, Lighthouse."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from run import setup
from tests import browser

ROOT = Path(__file__).resolve().parents[2]
HOME = setup.JUDGES
RULES = Path(__file__).with_name("htmlvalidate.json")
NO_JAVA = "The Nu HTML checker needs Java 11 or newer and there is none: `apt-get install default-jre-headless`."
NOT_SET_UP = "The judges are not installed: run `make ui`, or `python -m run.setup judges`."


class Unable(RuntimeError):
    """A judge cannot work here; the sentence says what helps."""


@functools.cache
def axe_source() -> str:
    """The script of axe-core."""
    path = HOME / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        raise Unable(NOT_SET_UP)
    return path.read_text()


def _node() -> str:
    folder = setup.node_of_this_machine() or str(setup.VENV / "bin")
    return f"{folder}/node"


def _script(*parts: str) -> str:
    path = HOME.joinpath("node_modules", *parts)
    if not path.exists():
        raise Unable(NOT_SET_UP)
    return str(path)


def validate(files: Sequence[Path]) -> list[tuple[Path, str]]:
    """What html-validate holds against these files."""
    words = [_node(), _script("html-validate", "bin", "html-validate.mjs"), "--config", str(RULES)]
    return [
        (Path(file["filePath"]), f"line {m['line']}: {m['message']} ({m['ruleId']})")
        for batch in _batches(files)
        for file in _json([*words, "--formatter", "json", *map(str, batch)], ok=(0, 1))
        for m in file["messages"]
    ]


def nu(files: Sequence[Path]) -> list[tuple[Path, str]]:
    """What the Nu HTML checker holds against these files; its warnings are not counted."""
    java = shutil.which("java")
    if java is None:
        raise Unable(NO_JAVA)
    words = [java, "-Xss2m", "-jar", _script("vnu-jar", "build", "dist", "vnu.jar"), "--errors-only"]
    words += ["--format", "json", "--exit-zero-always", "--stdout"]
    return [
        (Path(m["url"].removeprefix("file:")), f"line {m.get('lastLine', '?')}: {m['message']}")
        for batch in _batches(files)
        for m in _json([*words, *map(str, batch)])["messages"]
    ]


def lighthouse(url: str, folder: Path, *, only: Sequence[str]) -> Any:
    """One visit of Lighthouse on a slow phone; returns its categories and what failed."""
    out = folder / "lighthouse.json"
    flags = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += " --disable-component-update --disable-sync"
    words = [_node(), _script("lighthouse", "cli", "index.js"), url, "--quiet", f"--only-categories={','.join(only)}"]
    words += ["--output=json", f"--output-path={out}", f"--chrome-flags={flags}"]
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "CHROME_PATH": browser.place("chromium", "chromium-browser", "google-chrome")},
        cwd=folder,
    )
    if not out.exists():
        raise Unable(f"Lighthouse gave no answer for {url}: {done.stderr[-600:]}")
    said = json.loads(out.read_text())
    out.unlink()
    return said


def _batches(files: Sequence[Path], size: int = 150) -> list[Sequence[Path]]:
    return [files[start : start + size] for start in range(0, len(files), size)]


def _json(words: list[str], *, ok: tuple[int, ...] = (0,)) -> Any:
    # Through a file: node may end before a long answer has gone through a pipe.
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, check=False, timeout=900, cwd=ROOT)
        out.seek(0)
        said = out.read().decode()
    if done.returncode not in ok or not said.strip():
        raise Unable(f"{words[1]} ended with {done.returncode}: {(done.stderr.decode() or said)[-1500:]}")
    return json.loads(said)
