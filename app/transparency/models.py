"""The milestones that a project's donors are told of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.transparency.rules import Milestone


class MilestoneReached(Model):
    """One milestone of one campaign, and how far its donors have been told."""

    __tablename__ = "transparency_milestone"
    __table_args__ = (
        UniqueConstraint("campaign_id", "kind"),
        CheckConstraint(named_check("kind", Milestone), name="kind"),
        Index("ix_transparency_milestone_untold", "id", postgresql_where=text("told_at is null")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    kind: Mapped[Milestone] = mapped_column(Named(Milestone))
    reached_at: Mapped[datetime]
    told_pledge: Mapped[int] = mapped_column(server_default=text("0"))  # the last one whose donor has the letter
    told_at: Mapped[datetime | None]
