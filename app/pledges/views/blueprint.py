"""Giving happens beside the project, everything later under /pledges."""

from flask import Blueprint

from app.pledges.views.words import emphasised

bp = Blueprint("pledges", __name__)
bp.add_app_template_filter(emphasised, "points")
