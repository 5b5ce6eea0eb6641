"""A supervisor over parts as small as can be, for tests to end roughly: `python -m tests.run.small_house DIR`."""

import os
import pathlib
import signal
import sys

from run.supervisor import Part, Stopped, Supervisor

FAMILY = "sleep 1000 & child=$!; trap 'kill $child; exit 0' TERM; echo $$ $child >> {log}; wait"
STUBBORN = "trap '' TERM; echo $$ >> {log}; while :; do sleep 1000; done"


def main(folder: pathlib.Path) -> None:
    """Run a part with a child of its own and one that does not listen, until asked to stop."""
    supervisor = Supervisor(folder / "processes.json", say=lambda sentence: None)
    parts = [("family", 1, FAMILY), ("stubborn", 2, STUBBORN)]
    try:
        try:
            supervisor.take_charge()
            for name, level, script in parts:
                words = ["sh", "-c", script.format(log=f"'{folder / name}.pids'")]
                supervisor.start(
                    Part(name, words, level, dict(os.environ), folder, folder / f"{name}.log", patience=0.3)
                )
            supervisor.watch()
        finally:
            supervisor.stop()
    except Stopped as stopped:
        sys.exit(0 if str(stopped) == signal.SIGTERM.name else 3)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
