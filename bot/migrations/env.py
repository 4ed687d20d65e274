"""Alembic's entry: the tables of `bot.models` on the connection that `bot.schema` hands over."""

from typing import Any, Literal

from alembic import context

from bot.models import Base
from bot.models.base import Moment


def in_plain_types(kind: str, item: Any, autogenerate: object) -> str | Literal[False]:
    """Migrations must still run when our own types have moved: write the plain ones."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=in_plain_types,
)
with context.begin_transaction():
    context.run_migrations()
