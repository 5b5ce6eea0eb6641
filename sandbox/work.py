"""One unit of work: what a handler may read, write and announce within one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.conformance import API_VERSION
from sandbox.errors import invalid, missing
from sandbox.shapes import Obj, blank, list_of
from sandbox.store import Store

MAX_PAGE = 100


@dataclass
class Work:
    """Handed to every handler."""

    store: Store
    now: int
    public_url: str
    wants: Callable[[str], bool] = lambda kind: False
    account: str | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    events: list[tuple[str, str]] = field(default_factory=list)

    def get(self, kind: str, identifier: str, *, param: str | None = None) -> Obj:
        """An object, or Stripe's `resource_missing`."""
        found = self.store.get(identifier, kind)
        if found is None:
            raise missing(kind.replace("_", ""), identifier, param=param or "id", status=400 if param else 404)
        return found

    def add(self, kind: str, *, private: Obj | None = None, **fields: Any) -> Obj:
        """Keep a new object with every nullable field null but the given ones."""
        return self.store.add(blank(kind, now=self.now, **fields), private=private)

    def announce(self, name: str, body: Obj, *, previous: Obj | None = None, account: str | None = None) -> None:
        """Write an event and, where a webhook is configured, queue its delivery."""
        data: Obj = {"object": body}
        if previous is not None:
            data["previous_attributes"] = previous
        more: Obj = {"account": account} if account else {}
        event = self.add(
            "event",
            type=name,
            api_version=API_VERSION,
            data=data,
            pending_webhooks=int(self.wants(name)),
            request={"id": self.request_id, "idempotency_key": self.idempotency_key},
            **more,
        )
        self.events.append((event["id"], name))

    def page(self, kind: str, params: Obj, *, url: str, filters: dict[str, str], extra: tuple[Any, ...] = ()) -> Obj:
        """Stripe's list, newest first; `filters` maps a parameter to the field it narrows."""
        limit = params.get("limit", 10)
        if not 1 <= limit <= MAX_PAGE:
            raise invalid("This value must be between 1 and 100 (inclusive).", param="limit")
        where: list[tuple[str, str, Any]] = [*extra, *_created(params.get("created"))]
        where += [(column, "=", params[name]) for name, column in filters.items() if name in params]
        after, before = params.get("starting_after"), params.get("ending_before")
        for edge in ("starting_after", "ending_before"):
            if edge in params:
                self.get(kind, params[edge], param=edge)
        found = self.store.find(kind, where, limit=limit + 1, after=after, before=before)
        more = len(found) > limit
        kept = found[-limit:] if before else found[:limit]
        return list_of(kept, url=url, has_more=more)


SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _created(given: Any) -> list[tuple[str, str, Any]]:
    if given is None:
        return []
    if isinstance(given, int):
        return [("created", "=", given)]
    return [("created", SIGNS[name], value) for name, value in given.items()]


def merged_metadata(old: Obj | None, given: Any) -> Obj:
    """Stripe's way with metadata: keys are added, an empty value removes one, an empty whole removes all."""
    if given == "":
        return {}
    result = {**(old or {}), **(given or {})}
    return {key: value for key, value in result.items() if value != ""}


def differences(old: Obj, new: Obj) -> Obj:
    """The earlier values of what changed, for an event's `previous_attributes`."""
    return {key: old.get(key) for key in new if old.get(key) != new[key]}
