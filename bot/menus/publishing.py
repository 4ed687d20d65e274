"""Making the menus at the channel, one for each language the bot speaks completely.

May be run twice, by two at once, and be interrupted anywhere: every step is recorded before the
next, and a menu is used only when it is finished.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from sqlalchemy import select, update

from bot.channel import Choice, Menu
from bot.database import after_commit
from bot.languages import complete
from bot.menus.linking import QUEUE, in_use, reads_first
from bot.models import Resident, RichMenu
from bot.people import CONVERSATION, FIRST_LANGUAGE
from bot.pictures import menus as pictures
from bot.runtime import Runtime

log = logging.getLogger(__name__)

FIELDS: Mapping[str, str] = {
    "emergency": "menu.emergency.button",
    "now": "menu.now.button",
    "places": "menu.places.button",
    "questions": "menu.questions.button",
    "person": "person.button",
    "settings": "menu.settings.button",
}
"""What every menu offers: the action of each field, which is also its pictogram, and its words."""

UNFINISHED = timedelta(minutes=10)
"""How long a menu may take to be made; what is older was interrupted."""

_OURS = "city-line-bot "
"""How the names of our menus at the channel begin: no others are deleted."""


@dataclass(frozen=True)
class Published:
    """What a publication did: languages with a new menu, and how many menus stayed."""

    made: tuple[str, ...]
    kept: int


@dataclass(frozen=True)
class _Wanted:
    language: str
    menu: Menu
    fields: tuple[pictures.Field, ...]
    digest: str


def publish(runtime: Runtime) -> Published:
    """Make what is missing or has changed, and set the default. Lanes link and delete afterwards.

    Raises `SendError`, and `FontsMissing` before anything is made.
    """
    wanted = [_wanted(runtime, known.tag) for known in complete(CONVERSATION)]
    there = runtime.channel.menus()
    with runtime.database.read() as session:
        held = {
            tag: (row.digest, row.line_id) for tag, row in in_use(session).items() if row.line_id
        }
    missing = [
        one
        for one in wanted
        if one.language not in held
        or held[one.language][0] != one.digest
        or held[one.language][1] not in there
    ]
    drawn = [(one, pictures.png(one.language, one.fields)) for one in missing]
    for one, picture in drawn:
        _make(runtime, one, picture, first=one.language not in held)
    _set_default(runtime)
    _delete_unknown(runtime, there)
    made = tuple(one.language for one in missing)
    log.info("menus made: %s; kept: %s", ", ".join(made) or "none", len(wanted) - len(made))
    return Published(made, len(wanted) - len(made))


def _wanted(runtime: Runtime, tag: str) -> _Wanted:
    """The menu of a language as it should be; its name still lacks the number of its row."""
    words = {do: runtime.words.text(tag, label) for do, label in FIELDS.items()}
    menu = Menu(
        name="",
        bar=runtime.words.text(tag, "menu.button"),
        width=pictures.WIDTH,
        height=pictures.HEIGHT,
        fields=tuple(
            (box, Choice(label, action=f"do={do}"))
            for box, (do, label) in zip(pictures.boxes(), words.items(), strict=True)
        ),
    )
    fields = tuple(
        pictures.Field(do, label, urgent=do == "emergency") for do, label in words.items()
    )
    content = json.dumps([tag, asdict(menu), pictures.drawing()])
    return _Wanted(tag, menu, fields, hashlib.sha256(content.encode()).hexdigest())


def _make(runtime: Runtime, wanted: _Wanted, picture: bytes, *, first: bool) -> None:
    """Make one menu at the channel; `first` if the language has had none until now."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = RichMenu(language=wanted.language, digest=wanted.digest, created_at=now, due_at=now)
        session.add(row)
        session.flush()
        id = row.id
    name = f"{_OURS}{wanted.language} {wanted.digest[:16]} {id}"
    line_id = runtime.channel.create_menu(replace(wanted.menu, name=name))
    with runtime.database.write() as session:
        session.get_one(RichMenu, id).line_id = line_id
    runtime.channel.draw_menu(line_id, picture)
    if wanted.language == FIRST_LANGUAGE:  # before the earlier default may be deleted
        runtime.channel.set_default_menu(line_id)
    with runtime.database.write() as session:
        session.get_one(RichMenu, id).drawn = True
        if first:  # its readers have another language's
            readers = update(Resident).where(reads_first(wanted.language))
            session.execute(
                readers.values(menu_id=None).execution_options(synchronize_session=False)
            )
        after_commit(session, lambda: runtime.wakeups.send(QUEUE))


def _set_default(runtime: Runtime) -> None:
    """What everybody sees who has no menu of their own (yet)."""
    with runtime.database.read() as session:
        line_id = in_use(session)[FIRST_LANGUAGE].line_id
    if line_id is not None:
        runtime.channel.set_default_menu(line_id)


def _delete_unknown(runtime: Runtime, there: Mapping[str, str]) -> None:
    """Delete menus of ours that were there and that no row knows: their making was interrupted
    before the channel's answer was stored, or the database was restored.
    """
    since = runtime.clock.now() - UNFINISHED
    with runtime.database.read() as session:
        rows = session.execute(select(RichMenu.id, RichMenu.line_id, RichMenu.created_at)).all()
    known = {line_id for _, line_id, _ in rows}
    being_made = {str(id) for id, line_id, at in rows if line_id is None and at > since}
    for line_id, name in there.items():
        mine = name.startswith(_OURS) and name.rpartition(" ")[2] not in being_made
        if mine and line_id not in known:
            runtime.channel.delete_menu(line_id)
