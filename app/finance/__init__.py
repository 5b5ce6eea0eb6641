"""Reconciliation with the payment provider, and the page of the three books."""
