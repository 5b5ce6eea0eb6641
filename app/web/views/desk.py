"""The desk: what must I do now, by when."""

from __future__ import annotations

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
    words = request.args.get("q", "").strip()
    chosen = lists.get(view, lists["mine"])
    if words:
        chosen = [todo for todo in chosen if words.casefold() in f"{todo.subject} {todo.zone or ''}".casefold()]
    return render_template(
        "web/desk.html",
        todos=chosen,
        late=late,
        view=view if view in lists else "mine",
        counts={name: len(rows) for name, rows in lists.items()},
        words=words,
        today=clock.today(),
    )


def _late(todo: Todo, now: datetime) -> bool:
    return todo.state == "late" or (todo.due_at is not None and todo.due_at < now)
