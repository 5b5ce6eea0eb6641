"""The settings of a development machine: the environment wins, secrets are made once, the rest follows from PORT."""

import os
import pathlib
import secrets
import socket
from base64 import urlsafe_b64encode
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
INSTANCE = pathlib.Path(os.environ.get("INSTANCE_DIR") or ROOT / "instance").absolute()
SECRETS = INSTANCE / "secrets.env"
LAST_RUN = INSTANCE / "run.env"
CLUSTER = INSTANCE / "postgres"
DEMO_DONE = INSTANCE / "demo.json"
DEMO_BEGUN = INSTANCE / "demo-begun"
ACCOUNTS = INSTANCE / "accounts.txt"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Settings:
    """Where everything listens, and the environment of the processes."""

    port: int
    sandbox_port: int | None  # None: a real test account of Stripe is used
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        return self.environment["BASE_URL"]


def development() -> Settings:
    """Read the environment and add what it does not say."""
    wanted = os.environ.get("PORT", "8000")
    if not wanted.isdigit() or not 1 <= int(wanted) <= 65534:
        raise SystemExit(f"PORT={wanted} is not a port: write a number such as 8010")
    port = int(wanted)
    environment = dict(os.environ)
    INSTANCE.mkdir(exist_ok=True)
    for key, value in kept_secrets().items():
        environment.setdefault(key, value)
    environment.setdefault("APP_ENV", "development")
    environment.setdefault(
        "BASE_URL", f"http://localhost:{port}"
    )  # another host name than the sandbox's: no shared cookie
    environment.setdefault("FILES_DIR", str(INSTANCE / "files"))
    sandbox_port = None
    if "STRIPE_SECRET_KEY" not in os.environ:
        sandbox_port = free_port(port + 1)
        environment["STRIPE_API_BASE"] = environment["CHECKOUT_ORIGIN"] = f"http://{HOST}:{sandbox_port}"
    return Settings(port, sandbox_port, environment)


def kept_secrets() -> dict[str, str]:
    """The secrets of this machine's development data, made at the first start and never committed."""
    if not SECRETS.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(32),
            "DATA_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "STRIPE_SECRET_KEY": f"sk_test_sandbox{secrets.token_hex(12)}",
            "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        }
        write_private(SECRETS, made)
    return read(SECRETS)


def read(path: pathlib.Path) -> dict[str, str]:
    """The lines KEY=value of a file."""
    lines = [line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def write_private(path: pathlib.Path, values: dict[str, str]) -> None:
    """Write lines KEY=value that only this user may read, whole or not at all."""
    partial = path.with_suffix(".new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{key}={value}\n" for key, value in values.items())
    partial.replace(path)


def free(port: int) -> bool:
    """Whether nothing listens on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(wanted: int) -> int:
    """This port, or any other if it is taken or 0."""
    if wanted and free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        found: int = probe.getsockname()[1]
        return found


def short(path: pathlib.Path) -> str:
    """A path as a person in the project's folder would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
