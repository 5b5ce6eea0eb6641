"""`expand[]`: identifiers replaced by the objects they name."""

from typing import Any

from sandbox.errors import invalid
from sandbox.shapes import PREFIXES, Obj, list_of
from sandbox.work import Work

DEPTH = 4
TOP_LEVEL_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def expand(work: Work, answer: Obj, paths: list[str]) -> Obj:
    """The answer with the asked-for fields opened."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEPTH + (steps[0] == "data"):
            raise invalid("You can only expand 4 levels of a property.", param="expand")
        _open(work, answer, steps, path)
    return answer


def _open(work: Work, node: Any, steps: list[str], path: str) -> None:
    if not steps or node is None:
        return
    if isinstance(node, list):
        for item in node:
            _open(work, item, steps, path)
        return
    step, rest = steps[0], steps[1:]
    if isinstance(node, dict) and step not in node:
        included = _included(work, node, step)
        if included is not None:
            node[step] = included
    if not isinstance(node, dict) or step not in node:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = node[step]
    if isinstance(value, str):
        found = work.store.get(value)
        if found is None:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        node[step] = value = found
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        node[step] = value = [work.store.get(item) or item for item in value]
    _open(work, value, rest, path)


def _included(work: Work, node: Obj, step: str) -> Obj | None:
    """Fields that Stripe shows only when asked."""
    if node.get("object") == "checkout.session" and step == "line_items":
        return list_of(
            work.store.private(node["id"]).get("line_items", []), url=f"/v1/checkout/sessions/{node['id']}/line_items"
        )
    if node.get("object") == "charge" and step == "refunds":
        found = work.store.find("refund", [("charge", "=", node["id"])], limit=10)
        return list_of(found, url=f"/v1/charges/{node['id']}/refunds")
    return None
