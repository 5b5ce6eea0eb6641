"""Append-only double entry in three books that each sum to zero."""
