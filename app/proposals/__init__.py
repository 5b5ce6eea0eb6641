"""Proposals: from the first draft to the decision on admissibility, with everybody's signature in between."""
