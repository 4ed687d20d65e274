"""Makes a demo ready: tables, the fictional city みなと市, its answers, accounts and menus.

Run by `run.py demo` with `DEMO_PASSWORD` in place of every account's own; prints the accounts.
Harmless when it ran before: what is there stays as it is.
"""

import os
import sys
import time
from pathlib import Path

from sqlalchemy.orm import Session

from bot import city, staff_accounts
from bot.channel import Failure, SendError
from bot.menus.publishing import publish
from bot.models import City
from bot.pictures.fonts import FontsMissing
from bot.runtime import ROOT, Runtime
from bot.schema import upgrade
from bot.settings import SettingsError

HERE = Path(__file__).resolve().parent
STARTING_SECONDS = 5.0


def load_demo_city(runtime: Runtime, session: Session, password: str) -> None:
    """Store the demo city, its adopted answers, its evacuation sites and its accounts."""
    file = city.read(HERE / "city.toml")
    adoption = file.facts["adoption"]
    city.load(session, file)
    city.load_sites(session, HERE / "evacuation_sites.csv")
    city.load_texts(
        session,
        ROOT / "templates",
        adopted_by=f"{adoption['title']} {adoption['by']} {adoption['date']}",
    )
    now = runtime.clock.now()
    for row in file.staff:
        person = staff_accounts.create(
            session,
            email=row["email"],
            name=row["name"],
            role=row["role"],
            languages=row["languages"],
            sees_protected=row["sees_protected"],
            by="demo",
            now=now,
        )
        staff_accounts.set_password(session, person, password, by="demo", now=now)


def _publish_menus(runtime: Runtime) -> None:
    """Make the menus below the chats. The simulator may be starting; a demo works without them."""
    until = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            publish(runtime)
            return
        except (FontsMissing, SendError) as error:
            starting = isinstance(error, SendError) and error.failure is Failure.UNCLEAR
            if not starting or time.monotonic() > until:
                print(f"The phones show no new menus: {error}")
                return
        time.sleep(0.1)


def main() -> None:
    try:
        runtime = Runtime.from_environment()
    except SettingsError as error:
        sys.exit(str(error))
    if not runtime.settings.simulated:
        sys.exit("The demo city is loaded only where LINE is the simulator.")
    password = os.environ["DEMO_PASSWORD"]
    upgrade(runtime.database)
    with runtime.database.write() as session:
        if session.get(City, 1) is None:
            load_demo_city(runtime, session, password)
    _publish_menus(runtime)
    file = city.read(HERE / "city.toml")
    print(f"Accounts, all with the password {password}")
    for row in file.staff:
        protected = ", protected cases" if row["sees_protected"] else ""
        print(f"  {row['email']:<26}{row['name']} ({row['role']}{protected})")
    runtime.close()


if __name__ == "__main__":
    main()
