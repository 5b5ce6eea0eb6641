"""Agreement, tranches, expenses, payment orders, closed accounts."""
