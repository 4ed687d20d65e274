"""Which menu a person sees: the one of their language, linked in the background.

A resident whose `menu_id` is empty or a menu that is no longer in use waits for a link.
"""

import logging
import random
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, Text, case, cast, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from bot.channel import Failure, SendError
from bot.database import after_commit
from bot.languages import complete, language, registered
from bot.models import Resident, RichMenu
from bot.people import CONVERSATION
from bot.runtime import Runtime

log = logging.getLogger(__name__)

QUEUE = "default"
MOST = 500
"""People LINE links in one call."""
KEPT = timedelta(minutes=10)
"""How long an earlier menu stays after the new one: links take effect some time after the call."""

_ROWS = 4 * MOST
_SLICE_SECONDS = 2.0
"""The lane has other things to do."""
_LEASE = timedelta(seconds=60)
_LONGEST_WAIT = 11
"""About half an hour, as a power of two in seconds."""
_LAST_RESORT = "en"


@dataclass(frozen=True)
class _Batch:
    """A menu and up to 500 people whose language it is: their row ids and LINE ids."""

    menu_id: int
    line_id: str
    language: str
    ids: tuple[int, ...]
    line_user_ids: tuple[str, ...]


def in_use(session: Session) -> dict[str, RichMenu]:
    """The menu of each language: the newest that is finished."""
    rows = session.scalars(
        select(RichMenu)
        .where(
            RichMenu.drawn, RichMenu.language.in_([known.tag for known in complete(CONVERSATION)])
        )
        .order_by(RichMenu.id)
    )
    return {row.language: row for row in rows}


def relink(session: Session, runtime: Runtime, resident: Resident) -> None:
    """Somebody came, came back or reads another language now: their menu is looked after."""
    resident.menu_id = None
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))


def reads_first(tag: str) -> ColumnElement[bool]:
    """Whether a resident is written to in this language."""
    return cast(Resident.languages, Text).startswith(f'["{tag}"', autoescape=True)


def is_due(runtime: Runtime) -> bool:
    return _somebody_waits(runtime) or _something_is_old(runtime)


def run(runtime: Runtime) -> None:
    """Link whoever waits, for a while; then delete the menus nobody is linked to any more."""
    until = time.monotonic() + _SLICE_SECONDS
    while time.monotonic() < until and _somebody_waits(runtime):
        with runtime.database.write() as session:
            batches = _claim(session, runtime.clock.now())
        for batch in batches:  # what is left when the time is over waits for its lease to end
            if time.monotonic() >= until or not _link(runtime, batch):
                return
    if _something_is_old(runtime):
        _delete(runtime, until)


def _somebody_waits(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        menus = in_use(session)
        waiting = _waiting(menus, _due(menus, runtime.clock.now()))
        return bool(menus) and session.execute(waiting.limit(1)).first() is not None


def _something_is_old(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        return bool(_to_delete(session, in_use(session), runtime.clock.now()))


def _due(menus: Mapping[str, RichMenu], now: datetime) -> dict[str, RichMenu]:
    return {tag: row for tag, row in menus.items() if row.due_at <= now}


@cache
def _readers() -> Mapping[str, Sequence[str]]:
    """By a menu's language the languages whose readers get it: as the bot's words fall back."""
    spoken = {known.tag for known in complete(CONVERSATION)}
    found: dict[str, list[str]] = defaultdict(list)
    for known in registered():
        candidates = (known.tag, *language(known.tag).fallback, _LAST_RESORT)
        found[next(tag for tag in candidates if tag in spoken)].append(known.tag)
    return found


def _waiting(
    menus: Mapping[str, RichMenu], of: Mapping[str, RichMenu]
) -> Select[int, str | None, list[str]]:
    """Who waits for one of some menus, while `menus` are in use."""
    earlier = select(RichMenu.id).where(RichMenu.id.not_in([row.id for row in menus.values()]))
    readers = [tag for menu in of for tag in _readers()[menu]]
    return select(Resident.id, Resident.line_user_id, Resident.languages).where(
        Resident.following,
        Resident.line_user_id.is_not(None),
        or_(Resident.menu_id.is_(None), Resident.menu_id.in_(earlier)),
        or_(*map(reads_first, readers)) if readers else Resident.id.is_(None),
    )


def _claim(session: Session, now: datetime) -> list[_Batch]:
    """The next calls; nobody else uses their menus until those are made, or the lease ends."""
    menus = in_use(session)
    due = _due(menus, now)
    menu_of = {reader: tag for tag in due for reader in _readers()[tag]}
    people: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for id, line_user_id, languages in session.execute(_waiting(menus, due).limit(_ROWS)):
        if line_user_id:
            people[menu_of[languages[0]]].append((id, line_user_id))
    batches = []
    for tag, waiting in people.items():
        row = session.get_one(RichMenu, due[tag].id, with_for_update=True, populate_existing=True)
        if row.due_at > now or row.line_id is None:
            continue
        row.due_at = now + _LEASE
        for start in range(0, len(waiting), MOST):
            ids, line_user_ids = zip(*waiting[start : start + MOST], strict=True)
            batches.append(_Batch(row.id, row.line_id, tag, ids, line_user_ids))
    return batches


def _link(runtime: Runtime, batch: _Batch) -> bool:
    """Link people to their menu. False where the channel takes nothing now."""
    done = batch.ids
    try:
        runtime.channel.link_menu(batch.line_id, batch.line_user_ids)
    except SendError as error:
        log.warning("menu in %s not linked: %s", batch.language, error)
        if error.failure is not Failure.RECIPIENT or not 0 <= error.index < len(done):
            return _postpone(runtime, batch.menu_id, error)
        done = (done[error.index],)  # can be linked to nothing; the others are tried without them
    with runtime.database.write() as session:
        readers = or_(*map(reads_first, _readers()[batch.language]))
        # Whoever chose another language during the call waits for that one's menu.
        linked = case((readers, batch.menu_id), else_=None)
        session.execute(
            update(Resident)
            .where(Resident.id.in_(done))
            .values(menu_id=linked)
            .execution_options(synchronize_session=False)
        )
        row = session.get(RichMenu, batch.menu_id)
        if row is not None:
            row.attempts, row.due_at = 0, runtime.clock.now()
    return True


def _postpone(runtime: Runtime, menu_id: int, error: SendError, *, alone: bool = False) -> bool:
    """Wait longer after each failure: with this menu, or with all if it is not about this one (and
    not `alone`).

    Returns whether others may be tried now.
    """
    about_all = error.failure in (Failure.RATE, Failure.UNCLEAR)
    with runtime.database.write() as session:
        row = session.get(RichMenu, menu_id, with_for_update=True)
        if row is not None:
            row.attempts += 1
            seconds = 2.0 ** min(row.attempts, _LONGEST_WAIT) * random.uniform(0.5, 1.0)
            row.due_at = runtime.clock.now() + timedelta(seconds=seconds)
            if about_all and not alone:
                session.execute(update(RichMenu).values(due_at=row.due_at))
    return not about_all


def _to_delete(
    session: Session, menus: Mapping[str, RichMenu], now: datetime
) -> Sequence[RichMenu]:
    """Menus nobody needs: finished ones with a successor, and those that were interrupted."""
    used = exists().where(Resident.menu_id == RichMenu.id, Resident.following)
    found = session.scalars(
        select(RichMenu).where(
            RichMenu.id.not_in([row.id for row in menus.values()]),
            RichMenu.due_at <= now,
            RichMenu.created_at <= now - KEPT,
            ~used,
        )
    ).all()
    return [row for row in found if _is_replaced(row, menus, now)]


def _is_replaced(row: RichMenu, menus: Mapping[str, RichMenu], now: datetime) -> bool:
    successor = menus.get(row.language)
    return not row.drawn or successor is None or successor.created_at <= now - KEPT


def _delete(runtime: Runtime, until: float) -> None:
    now = runtime.clock.now()
    with runtime.database.write() as session:
        rows = _to_delete(session, in_use(session), now)
        for row in rows:
            row.due_at = now + _LEASE
        claimed = [(row.id, row.line_id) for row in rows]
    for id, line_id in claimed:
        if time.monotonic() >= until:
            return
        try:
            if line_id is not None:
                runtime.channel.delete_menu(line_id)
        except SendError as error:
            log.warning("menu not deleted: %s", error)
            if not _postpone(runtime, id, error, alone=True):
                return
            continue
        with runtime.database.write() as session:
            session.execute(delete(RichMenu).where(RichMenu.id == id))
