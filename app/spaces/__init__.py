"""Premises that the city lends."""
