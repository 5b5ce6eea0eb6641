"""Which room applies which message."""

_PLEDGES = ("checkout.session.", "setup_intent.", "payment_intent.", "charge.", "refund.", "payment_method.")
_GROUPS = ("account.",)


def applier(kind: str) -> str | None:
    """The job that applies messages of this type; None for those that nobody needs."""
    if kind.startswith(_PLEDGES):
        return "pledges.apply_event"
    if kind.startswith(_GROUPS):
        return "groups.apply_account"
    return None
