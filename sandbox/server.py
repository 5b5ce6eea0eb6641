"""Starting and stopping the sandbox's HTTP server, in a thread of a test or as a process of its own."""

import logging
import socket
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

from sandbox.delivery import SUBSCRIBED
from sandbox.engine import TEST_SECRET, Config, Sandbox
from sandbox.web import build

HOST = "127.0.0.1"
log = logging.getLogger("sandbox")


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with connections kept open, small packets sent at once, and no line per request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 75

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)  # type: ignore[attr-defined]  # our Server below

    def finish(self) -> None:
        self.server.closed(self.connection)  # type: ignore[attr-defined]
        super().finish()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        log.debug("%s %s", getattr(self, "requestline", ""), code)

    def log_error(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


class Server(ThreadedWSGIServer):
    """Knows its open connections, so that stopping is not left to their clients."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, app: Any) -> None:
        self._connections: set[socket.socket] = set()
        self._connections_lock = Lock()
        super().__init__(HOST, port, app, handler=Handler)

    def opened(self, connection: socket.socket) -> None:
        """A client came."""
        with self._connections_lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """A client went."""
        with self._connections_lock:
            self._connections.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""
        log.debug("connection of %s ended", client_address, exc_info=True)

    def hang_up(self) -> None:
        """End all open connections."""
        with self._connections_lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    log.debug("connection was gone already")


class Running:
    """A sandbox that listens."""

    def __init__(self, sandbox: Sandbox, server: BaseWSGIServer) -> None:
        self.sandbox = sandbox
        self.server = server
        self.url = f"http://{HOST}:{server.port}"
        self._thread = Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-http", daemon=True
        )
        sandbox.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, delivering and writing."""
        self.server.shutdown()
        self.server.server_close()
        if isinstance(self.server, Server):
            self.server.hang_up()
        self._thread.join(timeout=5)
        self.sandbox.close()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    port: int = 0,
    data: str | Path = "instance/sandbox",
    webhook_url: str | None = None,
    webhook_secret: str = TEST_SECRET,
    webhook_events: tuple[str, ...] = SUBSCRIBED,
    public_url: str | None = None,
    api_key: str | None = None,
) -> Running:
    """Start in this process; port 0 takes a free one (see `.url`)."""
    config = Config(
        data=Path(data),
        public_url=(public_url or f"http://{HOST}:{port}").rstrip("/"),
        webhook_url=webhook_url or None,
        webhook_secret=webhook_secret,
        webhook_events=webhook_events,
        api_key=api_key,
    )
    sandbox = Sandbox(config)
    server = Server(port, build(sandbox))
    if public_url is None:
        sandbox.config = replace(config, public_url=f"http://{HOST}:{server.port}")
    return Running(sandbox, server)
