"""Is a request what Stripe's API takes? Judged by the routes and request types shipped in the `stripe` package."""

import re
import types
import typing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import stripe
import typing_extensions
from stripe._request_options import RequestOptions

from sandbox.shapes import Obj

API_VERSION: str = stripe.api_version
SERVICE = re.compile(r"\n    def ")
CALL = re.compile(r'self\._request\(\s*"(\w+)",\s*"(/v1/[^"]*)"')
PARAMS = re.compile(r'params: (?:Optional\[)?"(\w+)"')
IMPORT = re.compile(r"from (stripe\.params[\w.]*) import \(?\s*(\w+)")
WHOLE = re.compile(r"-?\d{1,18}")
METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 50, 40, 500


class Nonconforming(Exception):
    """A request that Stripe would not have taken."""

    def __init__(self, message: str, param: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.param = param


@dataclass(frozen=True)
class Known:
    """One method and path of Stripe's API, and where its request type is."""

    method: str
    path: str
    module: str
    name: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return path_pattern(self.path)


@cache
def path_pattern(path: str) -> re.Pattern[str]:
    """`/v1/x/{id}` as an expression that captures the identifiers."""
    return re.compile("^" + re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path)) + "$")


@lru_cache(maxsize=1)
def known_routes() -> dict[tuple[str, str], Known]:
    """Every v1 method and path in the SDK's service files."""
    found: dict[tuple[str, str], Known] = {}
    for file in Path(stripe.__file__).parent.rglob("_*_service.py"):
        source = file.read_text()
        if '"/v1/' not in source:
            continue
        modules = {name: module for module, name in IMPORT.findall(source)}
        for chunk in SERVICE.split(source):
            call, params = CALL.search(chunk), PARAMS.search(chunk)
            if call and params and params[1] in modules:
                method = call[1].upper()
                found[method, call[2]] = Known(method, call[2], modules[params[1]], params[1])
    return found


def is_known(method: str, path: str) -> bool:
    """Whether Stripe's API has this method and path at all."""
    return any(route.method == method and route.pattern.match(path) for route in known_routes().values())


@cache
def request_type(method: str, path: str) -> type:
    """The request type of a route template."""
    route = known_routes()[method, path]
    found: type = getattr(import_module(route.module), route.name)
    return found


@cache
def _fields(request: type) -> dict[str, tuple[Any, bool]]:
    """Field → (type, required), without the SDK's own request options."""
    hints = typing_extensions.get_type_hints(
        request, localns={**vars(typing), "StripeContext": str, "Decimal": Decimal}, include_extras=True
    )
    options = set(RequestOptions.__annotations__) if RequestOptions in getattr(request, "__orig_bases__", ()) else set()
    fields: dict[str, tuple[Any, bool]] = {}
    for name, hint in hints.items():
        if name in options:
            continue
        origin: Any = get_origin(hint)
        required = origin is not typing_extensions.NotRequired
        fields[name] = (hint if required else get_args(hint)[0], required)
    return fields


def check(method: str, path: str, raw: Obj) -> Obj:
    """The parameters with their types, or a refusal that names the first fault."""
    return _mapping(request_type(method, path), raw, "")


def _mapping(request: type, raw: Any, where: str) -> Obj:
    if not isinstance(raw, dict):
        raise Nonconforming(f"Invalid object: {raw}", where)
    fields = _fields(request)
    for name in raw:
        if name not in fields:
            unknown = _join(where, name)
            raise Nonconforming(f"Received unknown parameter: {unknown}", unknown)
    for name, (_, required) in fields.items():
        if required and name not in raw:
            lacking = _join(where, name)
            raise Nonconforming(f"Missing required param: {lacking}.", lacking)
    return {name: _value(fields[name][0], value, _join(where, name)) for name, value in raw.items()}


def _value(hint: Any, raw: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint), raw, where)
    if origin is Literal:
        if raw in get_args(hint):
            return raw
        allowed = ", ".join(str(a) for a in get_args(hint) if a)
        raise Nonconforming(f"Invalid {where}: must be one of {allowed}", where)
    if origin in (list, list):
        return _sequence(get_args(hint)[0], raw, where)
    if origin in (dict, dict):
        return _dictionary(get_args(hint)[1], raw, where)
    if typing_extensions.is_typeddict(hint):
        return _mapping(hint, raw, where)
    return _scalar(hint, raw, where)


def _union(arms: tuple[Any, ...], raw: Any, where: str) -> Any:
    # The SDK's enums are open (`Literal[…] | str`); the closed list is what the API takes. `Literal[""]` is "clear it".
    closed = any(get_origin(arm) is Literal and set(get_args(arm)) != {""} for arm in arms)
    usable = [arm for arm in arms if not (arm is str and closed) and not _is_untyped(arm)]
    faults: list[Nonconforming] = []
    for arm in sorted(usable, key=lambda arm: arm is str):
        try:
            return _value(arm, raw, where)
        except Nonconforming as fault:
            faults.append(fault)
    raise max(
        faults, key=lambda fault: (len(fault.param), "must be one of" in fault.message and fault.message[-3:] != "of ")
    )


def _is_untyped(arm: Any) -> bool:
    return "UntypedStripeObject" in str(arm) or arm is type(None)


def _sequence(item: Any, raw: Any, where: str) -> list[Any]:
    if not isinstance(raw, dict) or not all(key.isdigit() for key in raw):
        raise Nonconforming(f"Invalid array: {where}", where)
    return [_value(item, raw[key], f"{where}[{key}]") for key in sorted(raw, key=int)]


def _dictionary(item: Any, raw: Any, where: str) -> Obj:
    if not isinstance(raw, dict):
        raise Nonconforming(f"Invalid hash: {where}", where)
    if where.endswith(("metadata", "metadata]")):
        _metadata(raw, where)
    return {key: _value(item, value, _join(where, key)) for key, value in raw.items()}


def _metadata(raw: Obj, where: str) -> None:
    if len(raw) > METADATA_KEYS:
        raise Nonconforming(f"You can only specify {METADATA_KEYS} metadata keys.", where)
    for key, value in raw.items():
        if len(key) > METADATA_KEY:
            raise Nonconforming(f"Metadata keys can have up to {METADATA_KEY} characters.", _join(where, key))
        if isinstance(value, str) and len(value) > METADATA_VALUE:
            raise Nonconforming(f"Metadata values can have up to {METADATA_VALUE} characters.", _join(where, key))


def _scalar(hint: Any, raw: Any, where: str) -> Any:
    if not isinstance(raw, str):
        raise Nonconforming(f"Invalid string: {where}", where)
    if hint is bool:
        if raw not in ("true", "false"):
            raise Nonconforming(f"Invalid boolean: {raw}", where)
        return raw == "true"
    if hint is int:
        if not WHOLE.fullmatch(raw):
            raise Nonconforming(f"Invalid integer: {raw}", where)
        return int(raw)
    if hint in (float, Decimal):
        try:
            return float(Decimal(raw))
        except InvalidOperation:
            raise Nonconforming(f"Invalid decimal: {raw}", where) from None
    return raw


def _join(where: str, name: str) -> str:
    return f"{where}[{name}]" if where else name
