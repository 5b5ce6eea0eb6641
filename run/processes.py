"""Processes that cannot outlive the one that started them, as far as the kernel lets us say so."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """What a child calls before it becomes its program, so that the death of its parent reaches it as this signal.

    Linux ties the promise to the parent's *thread*: from any other thread than the main one it would fire too early.
    """
    if _libc is None or threading.current_thread() is not threading.main_thread():
        return None
    libc, parent = _libc, os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
        if os.getppid() != parent:  # the parent died between the fork and the line above
            os._exit(1)

    return before_exec


def stop_with_parent(how: signal.Signals = signal.SIGTERM) -> None:
    """Ask to receive this signal when our own parent dies."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, so that none is lost from sight."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_group(group: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Signal what is left of a process group; a group already gone is what we wanted."""
    try:
        os.killpg(group, how)
    except (ProcessLookupError, PermissionError):
        return


def end_strangers(known: set[int]) -> list[int]:
    """End and reap every child of ours that is not in `known`: adopted leftovers of a part that died."""
    ended = []
    for child in psutil.Process().children():
        if child.pid in known:
            continue
        try:
            child.kill()
            child.wait(5)
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            pass
        ended.append(child.pid)
    return ended
