"""Events: everything that happened, kept for those who ask."""

from typing import Any

from sandbox.errors import invalid
from sandbox.shapes import Obj
from sandbox.work import Work


def _with_pending(work: Work, event: Obj) -> Obj:
    row = work.store.db.execute("select count(*) from delivery where event = ? and done = 0", (event["id"],)).fetchone()
    return event | {"pending_webhooks": row[0]}


def retrieve(work: Work, params: Obj, identifier: str) -> Obj:
    """GET /v1/events/{id}"""
    return _with_pending(work, work.get("event", identifier))


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/events"""
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", param="types")
    extra: tuple[Any, ...] = ()
    if "types" in params:
        extra = (("type", "in", params["types"]),)
    elif "type" in params:
        extra = (("type", "glob", params["type"]),)
    page = work.page("event", params, url="/v1/events", filters={}, extra=extra)
    return page | {"data": [_with_pending(work, event) for event in page["data"]]}
