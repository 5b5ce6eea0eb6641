"""The pages of grants."""

from app.grants.views import orders, reports
from app.grants.views.agreements import bp

__all__ = ["bp", "orders", "reports"]
