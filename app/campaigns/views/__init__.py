"""Pages of campaigns: for everybody, for the group, for the officer."""

from app.campaigns.views import group, office, public
from app.campaigns.views.blueprint import bp

__all__ = ["bp", "group", "office", "public"]
