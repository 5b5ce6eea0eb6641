"""Pages of campaigns: for everybody, for the group, for the officer."""

from app.campaigns.views import group, news, office, public, shelf
from app.campaigns.views.blueprint import bp

__all__ = ["bp", "group", "news", "office", "public", "shelf"]
