"""Links to the onboarding of a connected account; each leads there once, and not for long."""

from sandbox.api.accounts import check_exists
from sandbox.errors import invalid
from sandbox.shapes import Obj, token
from sandbox.work import Work

LINK_LASTS = 300


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/account_links"""
    account = check_exists(work, params["account"], param="account")
    for name in ("refresh_url", "return_url"):
        if not params.get(name):
            raise invalid(f"Missing required param: {name}.", param=name)
        if not params[name].startswith(("http://", "https://")):
            raise invalid("Not a valid URL", param=name, code="url_invalid")
    if params["type"] == "account_update" and account["controller"]["requirement_collection"] != "application":
        raise invalid("You cannot create `account_update` type Account Links for this account.", param="type")
    key = "al_" + token(24)
    work.store.add(
        {"id": key, "created": work.now, "account": account["id"]},
        kind="account_link",
        private={name: params[name] for name in ("refresh_url", "return_url")} | {"expires_at": work.now + LINK_LASTS},
    )
    return {
        "object": "account_link",
        "created": work.now,
        "expires_at": work.now + LINK_LASTS,
        "url": f"{work.public_url}/setup/s/{account['id']}/{key}",
    }
