"""The desk: what must I do now, by when."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.todo import Todo
from app.web import gates
from app.web.views.home import bp

VIEWS = ("mine", "late", "waiting", "all")


@bp.get("/desk")
@gates.signed_in
def desk() -> ResponseReturnValue:
    """Everything that waits for this person, the most urgent first."""
    person, now = gates.require(), clock.now()
    found = [todo for offer in current_app.extensions["todo"] for todo in offer(person.id, gates.roles(), now)]
    found.sort(key=lambda todo: (todo.due_at is None, todo.due_at or now, todo.subject))
    late = [todo for todo in found if _late(todo, now)]
    lists = {
        "mine": [todo for todo in found if todo.state != "wait"],
        "late": late,
        "waiting": [todo for todo in found if todo.state == "wait"],
        "all": found,
    }
    view = request.args.get("view", "mine")
    words, kinds, zones = request.args.get("q", "").strip(), request.args.getlist("kind"), request.args.getlist("zone")
    shown = lists.get(view, lists["mine"])
    return render_template(
        "web/desk.html",
        todos=[todo for todo in shown if _wanted(todo, words, kinds, zones)],
        late=late,
        view=view if view in lists else "mine",
        counts={name: len(rows) for name, rows in lists.items()},
        kinds=_choices([todo.endpoint for todo in shown], kinds),
        zones=_choices(sorted(todo.zone for todo in shown if todo.zone), zones),
        words=words,
        today=clock.today(),
    )


def _wanted(todo: Todo, words: str, kinds: list[str], zones: list[str]) -> bool:
    return (
        words.casefold() in f"{todo.subject} {todo.zone or ''}".casefold()
        and (not kinds or todo.endpoint in kinds)
        and (not zones or todo.zone in zones)
    )


def _choices(values: list[str], ticked: list[str]) -> list[tuple[str, int, bool]]:
    """What can be ticked in a filter: each value, how many lines it has, whether it is ticked."""
    counted = Counter(values)
    for value in ticked:
        counted.setdefault(value, 0)
    return [(value, number, value in ticked) for value, number in counted.items()]


def _late(todo: Todo, now: datetime) -> bool:
    return todo.state == "late" or (todo.due_at is not None and todo.due_at < now)
