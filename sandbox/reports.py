"""What the control API tells: counts, and every charge to reconcile with."""

from sandbox.engine import Sandbox
from sandbox.shapes import Obj


def statistics(sandbox: Sandbox) -> Obj:
    """Counts for tests and for whoever wonders."""
    with sandbox.store.lock:
        store = sandbox.store
        counters = store.counters()
        refusals = store.db.execute(
            "select at, method, path, problem from refusal order by seq desc limit 100"
        ).fetchall()
        done, pending, failing = store.db.execute(
            "select coalesce(sum(done), 0), coalesce(sum(1 - done), 0), coalesce(sum(done = 0 and attempts > 0), 0) "
            "from delivery"
        ).fetchone()
        ours = "json_extract(private, '$.account') is null"
        good = f"json_extract(body, '$.status') = 'succeeded' and {ours}"
        return {
            "requests": counters.get("requests", 0),
            "replayed": counters.get("replayed", 0),
            "answers_lost": counters.get("answers_lost", 0),
            "refused": {name[8:]: n for name, n in counters.items() if name.startswith("refused_")},
            "nonconforming": {
                "count": counters.get("nonconforming", 0),
                "details": [dict(zip(("at", "method", "path", "problem"), row, strict=True)) for row in refusals],
            },
            "customers": store.total("count(*)", "customer"),
            "payment_intents": store.total("count(*)", "payment_intent"),
            "sessions": store.total("count(*)", "checkout.session"),
            "payment_methods": store.total("count(*)", "payment_method"),
            "payment_methods_attached": store.total(
                "count(*)", "payment_method", "json_extract(body, '$.customer') is not null"
            ),
            "accounts": store.total("count(*)", "account"),
            "charges": {
                "succeeded": store.total("count(*)", "charge", good),
                "failed": store.total("count(*)", "charge", "json_extract(body, '$.status') = 'failed'"),
                "amount": store.total("sum(json_extract(body, '$.amount_captured'))", "charge", good),
            },
            "refunds": {
                "count": store.total("count(*)", "refund"),
                "amount": store.total("sum(json_extract(body, '$.amount'))", "refund"),
            },
            "disputes": store.total("count(*)", "dispute"),
            "events": store.total("count(*)", "event"),
            "webhooks": {"delivered": done, "pending": pending, "failing": failing},
            "clock": {"now": sandbox.clock.now()} | sandbox.clock.state(),
        }


DUMPED = (
    "id",
    "amount",
    "amount_captured",
    "amount_refunded",
    "application_fee_amount",
    "created",
    "currency",
    "customer",
    "failure_code",
    "metadata",
    "on_behalf_of",
    "payment_intent",
    "payment_method",
    "refunded",
    "disputed",
    "status",
    "transfer",
)


def dump(sandbox: Sandbox) -> list[Obj]:
    """Every charge of the platform, oldest first, with fee and destination: to reconcile charge by charge."""
    sandbox.settle_all()
    with sandbox.store.lock:
        found = sandbox.store.find("charge", [("~account", "is", None)])
        lines = {line["id"]: line for line in sandbox.store.find("balance_transaction", [("type", "=", "charge")])}
    rows = []
    for charge in reversed(found):
        row = {name: charge[name] for name in DUMPED}
        row["fee"] = lines[charge["balance_transaction"]]["fee"] if charge["balance_transaction"] else 0
        row["destination"] = (charge["transfer_data"] or {}).get("destination")
        rows.append(row)
    return rows
