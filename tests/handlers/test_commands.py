"""The command line, through Flask and without it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from flask import Flask

from bot import staff_accounts
from bot.models import City, EvacuationSite, StaffChange, StockText
from bot.runtime import ROOT, Runtime
from handlers.app import create_app
from handlers.commands import command_line
from tests.conftest import test_environment
from tests.world import Simulator

CREATE = ["staff", "create", "--email", "Mori@minato.example", "--name", "森 蓮", "--role", "admin"]
LINK = re.compile(r"^http://127\.0\.0\.1:9/console/link/[\w-]{43}$", re.MULTILINE)


def test_the_first_admin_comes_in_by_a_link(app: Flask, runtime: Runtime) -> None:
    made = app.test_cli_runner().invoke(args=CREATE)
    assert made.exit_code == 0, made.output
    link = LINK.search(made.stdout)
    assert link
    page = app.test_client().get(link.group().removeprefix("http://127.0.0.1:9"))
    assert (page.status_code, "森 蓮" in page.text) == (200, True)
    with runtime.database.read() as session:
        staff = staff_accounts.find(session, "mori@minato.example")
        assert staff
        assert (staff.role, staff.password_hash, staff.sees_protected) == ("admin", "", False)
        assert {change.by for change in session.query(StaffChange)} == {"command line"}


def test_an_existing_account_gets_a_new_link_and_nothing_else(app: Flask, runtime: Runtime) -> None:
    runner = app.test_cli_runner()
    first = LINK.search(runner.invoke(args=CREATE).stdout)
    again = runner.invoke(args=[*CREATE[:4], "--role", "operator"])
    second = LINK.search(again.stdout)
    assert first and second and first.group() != second.group()
    listed = runner.invoke(args=["staff", "list"])
    assert listed.stdout == "mori@minato.example\tadmin\tno password yet\t森 蓮\n"


def test_mistakes_end_with_one_line_and_a_code(app: Flask, runtime: Runtime) -> None:
    runner = app.test_cli_runner()
    for wrong in (
        ["staff", "create", "--email", "mori@minato.example"],
        [*CREATE[:3], "no address", *CREATE[4:]],
        [*CREATE[:-1], "mayor"],
    ):
        result = runner.invoke(args=wrong)
        assert result.exit_code != 0
        assert "Error: " in result.stderr
        assert "Traceback" not in result.stderr


DEMO = ROOT / "bot" / "demo"


def test_a_city_is_loaded_with_its_sites(app: Flask, runtime: Runtime) -> None:
    words = ["city", "load", str(DEMO / "city.toml"), "--sites", str(DEMO / "evacuation_sites.csv")]
    for _twice in range(2):
        loaded = app.test_cli_runner().invoke(args=words)
        assert loaded.exit_code == 0, loaded.output
        assert loaded.stdout.startswith("みなと市: 10 areas loaded.\n30 evacuation sites loaded")
    with runtime.database.read() as session:
        assert session.get_one(City, 1).facts["city"]["name"]["en"] == "Minato City"
        assert session.query(EvacuationSite).count() == 30


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('ja = "みなと市"\n', "", "[city.name] needs a ja name"),
        ('hall = "000-000-0104"', "", "[phones] needs hall"),
        ('hall = "000-000-0104"', "hall = 104", "[phones] and [links] have something else"),
        ("[city.name]", "[[city.name]]", "[city.name]: the names are not texts"),
        ("latitude = ", 'latitude = "north" # ', "needs latitude and longitude in degrees"),
        ("\n[phones]", "\n[phones", "city.toml: "),
        ('counter = "000-000-0100"', "counter = 2026-01-01", "something else than texts"),
    ],
)
def test_a_city_with_a_mistake_is_not_loaded_at_all(
    app: Flask, demo_city: Runtime, tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (DEMO / "city.toml").read_text(encoding="utf-8").replace("みなと市役所", "他市役所")
    assert old in text
    broken = tmp_path / "city.toml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    refused = app.test_cli_runner().invoke(args=["city", "load", str(broken)])
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.output
    with demo_city.database.read() as session:
        assert session.get_one(City, 1).facts["city"]["hall"]["ja"] == "みなと市役所"


def test_a_city_is_not_half_loaded_where_its_sites_are_wrong(
    app: Flask, runtime: Runtime, tmp_path: Path
) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("name\nsomewhere\n", encoding="utf-8")
    for path in (sites, tmp_path / "nowhere.csv"):
        words = ["city", "load", str(DEMO / "city.toml"), "--sites", str(path)]
        refused = app.test_cli_runner().invoke(args=words)
        assert refused.exit_code == 1
        assert f"Error: {path}: " in refused.stderr
    with runtime.database.read() as session:
        assert session.get(City, 1) is None


def test_texts_are_loaded_once_and_what_the_city_changed_stays(
    app: Flask, runtime: Runtime
) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["texts", "load"])
    number = int(first.stdout.split()[0])
    assert number > 300
    assert f"{number} texts are drafted" in first.stdout
    with runtime.database.write() as session:
        session.delete(session.get_one(StockText, ("reply", "call-us", "vi")))
        kept = session.get_one(StockText, ("reply", "call-us", "en"))
        kept.parts = {**kept.parts, "name": "Phone us"}
    again = runner.invoke(args=["texts", "load", "--adopted-by", " 課長 山田 花子 "])
    assert again.stdout.startswith("1 texts loaded, adopted by 課長 山田 花子 20")
    with runtime.database.read() as session:
        new = session.get_one(StockText, ("reply", "call-us", "vi"))
        assert (new.review, str(new.reviewed_by)[:8]) == ("adopted", "課長 山田 花子")
        kept = session.get_one(StockText, ("reply", "call-us", "en"))
        assert (kept.parts["name"], kept.review) == ("Phone us", "drafted")


def test_keys_can_be_made_before_anything_is_set(tmp_path: Path) -> None:
    made = without_flask(["keys", "new"], {})
    assert made.returncode == 0, made.stderr
    settings = dict(line.split("=", 1) for line in made.stdout.splitlines())
    assert len(settings["SECRET_KEY"]) >= 32
    Fernet(settings["ENCRYPTION_KEYS"])


def test_without_settings_other_commands_say_what_to_set() -> None:
    told = without_flask(["staff", "list"], {})
    assert told.returncode == 1
    assert "SECRET_KEY: missing or malformed" in told.stderr
    assert "Traceback" not in told.stderr


def test_without_tables_commands_say_how_to_make_them(tmp_path: Path) -> None:
    environment = {
        "SECRET_KEY": "k" * 40,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "LINE_CHANNEL_SECRET": "secret",
        "LINE_CHANNEL_ACCESS_TOKEN": "token",
        "LINE_API_BASE_URL": "http://127.0.0.1:9",
        "LINE_DATA_API_BASE_URL": "http://127.0.0.1:9",
        "PUBLIC_BASE_URL": "http://127.0.0.1:9",
        "DATA_DIR": str(tmp_path),
    }
    told = without_flask(["staff", "list"], environment)
    assert told.returncode == 1
    assert "flask db upgrade" in told.stderr
    assert without_flask(["db", "upgrade"], environment).returncode == 0
    assert without_flask(["staff", "list"], environment).returncode == 0


def without_flask(
    arguments: list[str], environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "handlers.commands", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_understanding_is_measured_on_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "questions.tsv"
    file.write_text(
        "topic\ttext\tnote\n"
        "garbage.days\tWhat day is garbage collection?\t\n"
        "emergency.ambulance-fire\tMy house is on fire\t\n"
        "out-of-scope\tWho wins the world cup?\t\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(command_line, ["evaluate", "topics", str(file), "--language", "en"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output.splitlines()[-1])
    assert figures["n"] == 3 and figures["top1"] == 1.0 and figures["urgent_recall"] == 1.0


def test_menus_are_published_and_the_second_time_nothing_is_new(on_line: Runtime) -> None:
    runner = create_app(on_line).test_cli_runner()
    first = runner.invoke(args=["menus", "publish"])
    assert (first.exit_code, first.stdout) == (0, "Menus: 21 made, 0 unchanged.\n"), first.output
    again = runner.invoke(args=["menus", "publish"])
    assert again.stdout == "Menus: 0 made, 21 unchanged.\n"


def test_menus_line_does_not_take_are_one_line(on_line: Runtime, simulator: Simulator) -> None:
    plan = {"endpoint": "richmenu.create", "kind": "429-rate", "times": 1}
    simulator.post("behaviour", failures=[plan])
    failed = create_app(on_line).test_cli_runner().invoke(args=["menus", "publish"])
    assert failed.exit_code == 1
    assert failed.stderr.startswith("Error: LINE did not take all menus (rate: LINE answered 429)")


def test_a_release_makes_the_tables_also_where_line_does_not_answer(
    redis_url: str, tmp_path: Path
) -> None:
    environment = test_environment(f"sqlite:///{tmp_path / 'new.db'}", redis_url, tmp_path)
    done = CliRunner().invoke(command_line, ["release"], env=environment)
    assert done.exit_code == 0, done.output
    assert done.stdout == "The tables are what this version needs.\n"
    assert "Warning: LINE did not take all menus (unclear: " in done.stderr
