"""The command line: `flask staff create …`, or `python -m handlers.commands staff create …`.

The second way needs no settings until a command does: `keys new` makes the first ones.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from cryptography.fernet import Fernet
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot import city, schema, staff_accounts
from bot.channel import SendError
from bot.evaluation import Figures, Line, Question, evaluate_language, evaluate_topics
from bot.guarded import GuardedFigures, JudgedFileError, evaluate_guarded, read_judged
from bot.knowledge import Knowledge
from bot.learning import COLUMNS, LessonFileError, Taught, kept, read, teach
from bot.menus import publishing
from bot.models import ROLES, Staff, StockText
from bot.pictures.fonts import FontsMissing
from bot.runtime import ROOT, Runtime
from bot.settings import SettingsError
from broadcasts.text_checks import city_places
from handlers.console.accounts import link_address


@click.group()
def command_line() -> None:
    """Everything that is set up or repaired outside the console."""


def register(app: Flask) -> None:
    for command in command_line.commands.values():
        app.cli.add_command(command)


def measuring() -> Flask:
    """The commands without the service: measuring needs no settings, network or database."""
    app = Flask(__name__)
    register(app)
    return app


@contextmanager
def at_work() -> Iterator[Runtime]:
    """The application's runtime, or one made now where the command runs without the application.

    What goes wrong with settings or database ends the command with one clear line and exit code 1.
    """
    flask = click.get_current_context().find_object(ScriptInfo)
    made = None
    try:
        running = flask.load_app().extensions.get("runtime") if flask else None
        if running is not None:
            yield running
        else:
            made = Runtime.from_environment()
            yield made
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"the database refused ({type(error).__name__}). Is it running, and are its tables "
            "made? `flask db upgrade` makes them."
        ) from error
    finally:
        if made is not None:
            made.close()


@command_line.group()
def keys() -> None:
    """The secrets this installation signs and encrypts with."""


@keys.command("new")
def keys_new() -> None:
    """Print new SECRET_KEY and ENCRYPTION_KEYS settings. Nothing is stored."""
    click.echo(f"SECRET_KEY={secrets.token_urlsafe(48)}")
    click.echo(f"ENCRYPTION_KEYS={Fernet.generate_key().decode()}")
    click.echo(
        "Keep both where only this service and its keeper can read them. Without ENCRYPTION_KEYS "
        "the texts of protected cases cannot be opened again: keep a copy apart from the "
        "database's backups. To rotate, put a new key before the old one, with a comma between.",
        err=True,
    )


@command_line.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables to what this version needs."""
    with at_work() as runtime:
        schema.upgrade(runtime.database)
    click.echo("The tables are what this version needs.")


@command_line.command()
def release() -> None:
    """What a new version needs before it runs: its tables, and menus below the chats.

    Menus that cannot be made now are told and made by the next `menus publish`: the earlier stay.
    """
    with at_work() as runtime:
        schema.upgrade(runtime.database)
        click.echo("The tables are what this version needs.")
        try:
            _publish_menus(runtime)
        except click.ClickException as error:
            click.echo(f"Warning: {error.message}", err=True)


@command_line.group()
def menus() -> None:
    """The menus below residents' chats."""


@menus.command("publish")
def menus_publish() -> None:
    """Make at LINE the menus that are missing or whose words or picture have changed.

    Workers then link everybody to the menu of their language and delete the earlier ones.
    """
    with at_work() as runtime:
        _publish_menus(runtime)


def _publish_menus(runtime: Runtime) -> None:
    try:
        done = publishing.publish(runtime)
    except FontsMissing as error:
        raise click.ClickException(f"no menu was made: {error}") from error
    except SendError as error:
        raise click.ClickException(
            f"LINE did not take all menus ({error}). What is made stays: run this again later."
        ) from error
    click.echo(f"Menus: {len(done.made)} made, {done.kept} unchanged.")


@command_line.group()
def staff() -> None:
    """Accounts for the console."""


@staff.command("create")
@click.option("--email", required=True, help="Where the person signs in with.")
@click.option("--name", help="What residents and colleagues see; needed for a new account.")
@click.option("--role", type=click.Choice(ROLES), help="Needed for a new account.")
def staff_create(email: str, name: str | None, role: str | None) -> None:
    """Make an account and a link that sets its password; for an existing one, a new link."""
    by = staff_accounts.COMMAND_LINE
    with at_work() as runtime:
        now = runtime.clock.now()
        try:
            with runtime.database.write() as session:
                person = staff_accounts.find(session, email)
                known = person is not None
                if person is None:
                    if not name or not role:
                        raise click.UsageError("a new account needs --name and --role")
                    person = staff_accounts.create(
                        session,
                        email=email,
                        name=name,
                        role=role,
                        languages=["ja"],
                        by=by,
                        now=now,
                    )
                token = staff_accounts.make_link(session, person, by=by, now=now)
        except staff_accounts.AccountError as error:
            raise click.ClickException(_PROBLEMS[error.reason]) from error
        told = "has an account already; only the link is new" if known else "account made"
        click.echo(f"{person.email}, {person.role}: {told}.", err=True)
        click.echo("This link sets the password, once, within 24 hours:", err=True)
        click.echo(link_address(runtime.settings, token))


@staff.command("list")
def staff_list() -> None:
    """Print every account: address, role, state, name, separated by tabs."""
    with at_work() as runtime, runtime.database.read() as session:
        for person in session.scalars(select(Staff).order_by(Staff.email)):
            click.echo(f"{person.email}\t{person.role}\t{_state(person)}\t{person.name}")


@command_line.group("city")
def city_group() -> None:
    """The city's facts, areas and evacuation sites."""


@city_group.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sites", type=click.Path(path_type=Path), help="The evacuation sites, as CSV.")
def city_load(file: Path, sites: Path | None) -> None:
    """Store the city of a file such as bot/demo/city.toml: all of it or, where anything is wrong,
    nothing. Residents' choices of areas that the file does not have any more are erased.
    """
    with at_work() as runtime:
        try:
            read = city.read(file)
            with runtime.database.write() as session:
                city.load(session, read)
                number = city.load_sites(session, sites) if sites else None
        except city.CityFileError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{city.named(read.facts['city']['name'], 'ja')}: {len(read.areas)} areas loaded.")
    if number is not None:
        click.echo(f"{number} evacuation sites loaded; earlier ones are gone.")


@command_line.group("texts")
def texts_group() -> None:
    """The words the city keeps ready: templates of notices, answers, canned replies."""


@texts_group.command("load")
@click.option("--adopted-by", help="Who takes responsibility for all texts that are new.")
def texts_load(adopted_by: str | None) -> None:
    """Store the texts that come with this version and are not there yet. What is there stays.

    They are drafted, unless somebody takes responsibility; the console's Texts page does that too.
    """
    with at_work() as runtime:
        day = runtime.clock.now().astimezone(city.JAPAN).date()
        by = f"{adopted_by.strip()} {day}" if adopted_by and adopted_by.strip() else None
        with runtime.database.write() as session:
            number = city.load_texts(session, ROOT / "templates", adopted_by=by)
            drafted = session.scalar(
                select(func.count()).select_from(StockText).where(StockText.review == "drafted")
            )
    click.echo(f"{number} texts loaded{f', adopted by {by}' if by else ''}.")
    click.echo(f"{drafted} texts are drafted and wait for somebody to adopt them.")


@command_line.group()
def faq() -> None:
    """What staff taught the bot: to take it from other cities, and to give it back."""


@faq.command("learn")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def faq_learn(file: Path) -> None:
    """Teach the lines of FILE: topic, language and text with tabs between, after a heading line.

    All of it or, where anything is wrong, nothing. Processes that run take it up within seconds.
    """
    with at_work() as runtime:
        try:
            lessons = read(file, runtime.knowledge)
        except LessonFileError as error:
            raise click.ClickException(str(error)) from error
        by, now = staff_accounts.COMMAND_LINE, runtime.clock.now()
        with runtime.database.write() as session:
            became = Counter(
                teach(session, each.topic_id, each.tag, each.text, by=by, now=now)
                for each in lessons
            )
    counts = ", ".join(f"{became[taught]} {said}" for taught, said in _TAUGHT.items())
    click.echo(f"{len(lessons)} wordings: {counts}.")


@faq.command("learned")
def faq_learned() -> None:
    """Print what was taught, as a file that `flask faq learn` takes."""
    with at_work() as runtime, runtime.database.read() as session:
        click.echo("\t".join(COLUMNS))
        for each in kept(session):
            click.echo(f"{each.topic_id}\t{each.tag}\t{each.text}")


@command_line.group()
def evaluate() -> None:
    """How well the bot understands, over questions with their topics written beside them."""


@evaluate.command("topics")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", help="The questions' language; without it, each one's is detected.")
def evaluate_topics_command(file: Path, language: str | None) -> None:
    """Measure FILE: lines of topic, text and note with tabs between, after a heading line.

    The topic is an id, `out-of-scope` or `small-talk`. The last line printed is a JSON object.
    """
    questions = [Question(topic, text, language) for topic, text in _judged(file)]
    _print_figures(evaluate_topics(Knowledge.load(ROOT / "templates" / "faq"), questions))


@evaluate.command("language")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def evaluate_language_command(file: Path) -> None:
    """Measure FILE: lines of language and text with a tab between, after a heading line.

    Printed are the figures of each language and of all; the last line is a JSON object.
    """
    lines = [Line(tag, text) for tag, text in _judged(file)]
    for tag in sorted({line.tag for line in lines}):
        of_tag = evaluate_language(line for line in lines if line.tag == tag)
        click.echo(f"{tag:<12}{of_tag.n:>6}{of_tag.top1:>8.3f}{of_tag.top3:>8.3f}")
    _print_figures(evaluate_language(lines))


def _judged(file: Path) -> list[tuple[str, str]]:
    """The first two columns of every line after the heading."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    if not lines or any(len(line) < 2 for line in lines):
        raise click.ClickException(f"{file}: every line needs a name, a tab and a text")
    return [(name, text) for name, text, *_ in lines]


def _print_figures(figures: Figures) -> None:
    row = figures.row()
    for name, value in row.items():
        shown = "-" if value is None else value if isinstance(value, int) else f"{value:.3f}"
        click.echo(f"{name:<24}{shown}")
    click.echo(json.dumps(row))


@evaluate.command("guarded")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def evaluate_guarded_command(file: Path) -> None:
    """Measure FILE: lines of language, ja, text, damaged (0 or 1) and what, with tabs between.

    Each text is compared with its Japanese. The names of the city's places are used where a city is
    loaded. Printed are the damaged texts found, by language and kind, and the alarms about texts
    without damage, also of every text in a language without words; the last line is a JSON object.
    """
    try:
        figures = evaluate_guarded(read_judged(file), _loaded_places())
    except JudgedFileError as error:
        raise click.ClickException(str(error)) from error
    for line in _guarded_table(figures):
        click.echo(line)
    click.echo(json.dumps(figures.row()))


def _loaded_places() -> Mapping[str, Mapping[str, str]]:
    """The city's places, or none where the command runs without settings, tables or city."""
    try:
        with at_work() as runtime, runtime.database.read() as session:
            return city_places(session)
    except click.ClickException:
        return {}


def _guarded_table(figures: GuardedFigures) -> Iterator[str]:
    """A row for each language: found of damaged by kind, then alarms of undamaged."""
    columns = [kind for kind in figures.kinds if figures.of_kind(kind).n]
    head = ["language", *columns, "all", "alarms"]
    yield "".join(f"{name:<11}" for name in head).rstrip()
    languages = sorted({language for language, _ in figures.found} | figures.alarms.keys())
    for language in languages:
        shares = [figures.found.get((language, kind)) for kind in columns]
        shares += [figures.of_language(language), figures.alarms.get(language)]
        cells = [f"{share.found}/{share.n}" if share and share.n else "-" for share in shares]
        yield "".join(f"{cell:<11}" for cell in [language, *cells]).rstrip()


_TAUGHT = {
    Taught.NEW: "new",
    Taught.MOVED: "given another topic",
    Taught.KNOWN: "known already",
}
_PROBLEMS = {
    "email": "this is not an e-mail address",
    "name": "the name must have 1 to 100 characters",
    "role": f"the role must be one of {', '.join(ROLES)}",
    "inactive": "this account is not active; an administrator can activate it in the console",
}


def _state(person: Staff) -> str:
    if not person.active:
        return "inactive"
    return "active" if person.password_hash else "no password yet"


if __name__ == "__main__":
    command_line(prog_name="python -m handlers.commands")
