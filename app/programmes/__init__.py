"""Programmes, funding sources, released money and the progress card."""
