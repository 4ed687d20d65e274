"""Bringing a database to the newest tables, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from bot.database import Database

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 4_118_119


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing; safe when several processes start at once."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection:
        connection = connection.execution_options(begin="IMMEDIATE")
        with connection.begin():
            if not database.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
