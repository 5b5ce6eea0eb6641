"""`python -m sandbox`: the sandbox as a process of its own."""

import argparse
import logging
import signal
from threading import Event

from sandbox.delivery import SUBSCRIBED
from sandbox.engine import TEST_SECRET
from sandbox.server import start


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A stand-in for the part of Stripe that Cofonda uses.")
    parser.add_argument("--port", type=int, default=8420)
    parser.add_argument("--data", default="instance/sandbox", help="folder of the SQLite file")
    parser.add_argument("--public-url", help="how browsers reach the hosted pages; default http://127.0.0.1:PORT")
    parser.add_argument("--webhook-url", help="where events are posted; without it they wait")
    parser.add_argument("--webhook-secret", default=TEST_SECRET)
    parser.add_argument("--webhook-events", nargs="*", default=list(SUBSCRIBED), help="types, with * as a wildcard")
    parser.add_argument("--api-key", help="the only key accepted; default: any sk_test_…")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    logging.basicConfig(
        level=logging.DEBUG if given.verbose else logging.WARNING, format="sandbox %(levelname)s %(name)s: %(message)s"
    )
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    running = start(
        port=given.port,
        data=given.data,
        public_url=given.public_url,
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        webhook_events=tuple(given.webhook_events),
        api_key=given.api_key,
    )
    print(f"Stripe sandbox on {running.url}", flush=True)  # noqa: T201  (tells its supervisor that it is up)
    stop.wait()
    running.stop()


if __name__ == "__main__":
    main()
