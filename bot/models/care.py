"""How the city looks after its key persons, and what it is preparing: loads, drills, aims."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base

USUAL_MOST_OPEN = 3
DRILL_RHYTHMS = {"": 0, "month": 1, "quarter": 3}
"""How often a drill is drafted by itself, in months; never where nobody planned one."""


class CarePolicy(Base):
    """What holds for every key person of this installation; one row, or as usual.

    `most_open`: how many notices and questions one of them may have in hand at the same time.
    """

    __tablename__ = "care_policies"

    id: Mapped[int] = mapped_column(primary_key=True)
    most_open: Mapped[int] = mapped_column(default=USUAL_MOST_OPEN)


class DrillPlan(Base):
    """When a drill is drafted and waits for approval; one row, or never.

    `every` is a key of `DRILL_RHYTHMS`; `day` of the month, 1 to 28; `hour` in Japan. The draft
    is by `author_id`, who planned it: somebody else approves.
    """

    __tablename__ = "drill_plans"

    id: Mapped[int] = mapped_column(primary_key=True)
    every: Mapped[str] = mapped_column(String(8), default="")
    day: Mapped[int] = mapped_column(default=1)
    hour: Mapped[int] = mapped_column(default=10)
    relay_only: Mapped[bool] = mapped_column(default=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class LanguageAim(Base):
    """How many adults of the nationalities that read a language live here, as an administrator
    entered it, and how many residents the city wants to reach in it.
    """

    __tablename__ = "language_aims"

    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    adults: Mapped[int | None]
    target: Mapped[int | None]
