"""Verbs on pledges; the only writer of the room's tables."""

from app.pledges.service.collecting import (
    Claim,
    apply_intent,
    claim,
    drop_unpaid,
    give_up,
    notify_charge,
    open_charges,
    page_closed,
    put_back,
    release_all,
    retry,
    sent,
)
from app.pledges.service.donor import cancel, new_link, send_link, show_name
from app.pledges.service.forgetting import forgotten
from app.pledges.service.paying import agree_gap, page_opened, pay_again
from app.pledges.service.promising import (
    apply_checkout,
    clear_large,
    expire,
    opened,
    refuse_large,
    reread,
    start,
)
from app.pledges.service.refunding import (
    RefundClaim,
    apply_refund,
    claim_refund,
    put_back_refund,
    refund_all,
    refund_refused,
)

__all__ = [
    "Claim",
    "RefundClaim",
    "agree_gap",
    "apply_checkout",
    "apply_intent",
    "apply_refund",
    "cancel",
    "claim",
    "claim_refund",
    "clear_large",
    "drop_unpaid",
    "expire",
    "forgotten",
    "give_up",
    "new_link",
    "notify_charge",
    "open_charges",
    "opened",
    "page_closed",
    "page_opened",
    "pay_again",
    "put_back",
    "put_back_refund",
    "refund_all",
    "refund_refused",
    "refuse_large",
    "release_all",
    "reread",
    "retry",
    "send_link",
    "sent",
    "show_name",
    "start",
]
