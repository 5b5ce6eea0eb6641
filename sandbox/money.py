"""What a charge costs and what a part of it is; integer cents only."""

FEE_BASIS_POINTS = 150
FEE_FIXED = 25
SMALLEST = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50}
LARGEST = 99_999_999
SETTLES_AFTER = 7 * 24 * 3600


def stripe_fee(amount: int) -> int:
    """1.5 % + 25 cents, half a cent rounded up."""
    return (amount * FEE_BASIS_POINTS + 5_000) // 10_000 + FEE_FIXED


def share(part: int, whole: int, amount: int) -> int:
    """`amount` in the proportion of `part` to `whole`, half a cent rounded up."""
    return (2 * amount * part + whole) // (2 * whole) if whole else 0


def written(amount: int, currency: str) -> str:
    """For messages: €12.50."""
    sign = {"eur": "€", "usd": "$", "gbp": "£"}.get(currency, currency.upper() + " ")
    return f"{sign}{amount // 100}.{amount % 100:02d}"
