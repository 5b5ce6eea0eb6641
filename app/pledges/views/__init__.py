"""Pages of pledges: giving, coming back, one's own pledge, the officer's check."""

from app.pledges.views import acknowledgment, counting, giving, mine, office, paper, returning, returns
from app.pledges.views.blueprint import bp

__all__ = ["acknowledgment", "bp", "counting", "giving", "mine", "office", "paper", "returning", "returns"]
