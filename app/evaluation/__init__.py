"""Panels, scores, the ranking and its awards."""
