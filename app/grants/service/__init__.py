"""The only writer of the room's tables: agreements, orders, receipts and closed accounts."""

from app.grants.service.account import close_account, record_repayment
from app.grants.service.agreement import ask_code, prepare, publish, sign
from app.grants.service.orders import approve, export, mark_paid, prepare_order, refuse
from app.grants.service.report import (
    DuplicateReceipt,
    accept,
    add_expense,
    flag_duplicate,
    reject,
    reopen_report,
    send_report,
)

__all__ = [
    "DuplicateReceipt",
    "accept",
    "add_expense",
    "approve",
    "ask_code",
    "close_account",
    "export",
    "flag_duplicate",
    "mark_paid",
    "prepare",
    "prepare_order",
    "publish",
    "record_repayment",
    "refuse",
    "reject",
    "reopen_report",
    "send_report",
    "sign",
]
