"""Stripe's form bodies: `a[b][0]=c` into nested dictionaries."""

import re
from collections.abc import Iterable

from sandbox.shapes import Obj

PART = re.compile(r"\[([^\[\]]*)\]")
KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


class BadForm(ValueError):
    """A key that does not nest."""


def nest(pairs: Iterable[tuple[str, str]]) -> Obj:
    """The nested form of flat pairs; lists stay dictionaries with number keys until their type is known."""
    tree: Obj = {}
    for key, value in pairs:
        match = KEY.match(key)
        if match is None:
            raise BadForm(key)
        steps = [match[1], *PART.findall(match[2])]
        node = tree
        for step in steps[:-1]:
            child = node.setdefault(step or str(len(node)), {})
            if not isinstance(child, dict):
                raise BadForm(key)
            node = child
        last = steps[-1] or str(len(node))
        if isinstance(node.get(last), dict):
            raise BadForm(key)
        node[last] = value
    return tree
