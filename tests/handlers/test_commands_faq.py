"""What staff taught the bot, in and out of a file."""

from pathlib import Path

from flask import Flask

from bot.models import Learned
from bot.runtime import Runtime
from tests.handlers.test_commands import without_flask

HEADING = "topic\tlanguage\ttext\n"
LESSONS = (
    HEADING
    + "child.nursery\ten\tKazenoko, the nursery\nchild.nursery\tvi\tlàm sao để vào Kazenoko\n"
)


def test_what_was_taught_goes_out_and_in_again(
    app: Flask, runtime: Runtime, tmp_path: Path
) -> None:
    runner = app.test_cli_runner()
    path = tmp_path / "lessons.tsv"
    path.write_text(LESSONS, encoding="utf-8")
    first = runner.invoke(args=["faq", "learn", str(path)])
    assert first.exit_code == 0, first.output
    assert first.stdout == "2 wordings: 2 new, 0 given another topic, 0 known already.\n"
    assert runner.invoke(args=["faq", "learned"]).stdout == LESSONS
    with runtime.database.read() as session:
        assert {row.by for row in session.query(Learned)} == {"command line"}

    path.write_text(LESSONS.replace("child.nursery\ten", "japanese.class\ten"), encoding="utf-8")
    again = runner.invoke(args=["faq", "learn", str(path)])
    assert again.stdout == "2 wordings: 0 new, 1 given another topic, 1 known already.\n"


def test_a_file_with_mistakes_is_not_learned_at_all(
    app: Flask, runtime: Runtime, tmp_path: Path
) -> None:
    path = tmp_path / "lessons.tsv"
    path.write_text(LESSONS + "nowhere\tvi\tđâu\n\t\t\n", encoding="utf-8")
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["faq", "learn", str(path)])
    assert refused.exit_code == 1
    assert f"{path}:4: 'nowhere' is no topic" in refused.stderr
    assert f"{path}:5: the text is missing" not in refused.stderr  # an empty line is no line
    assert runner.invoke(args=["faq", "learned"]).stdout == HEADING


def test_without_settings_it_says_what_to_set() -> None:
    told = without_flask(["faq", "learned"], {})
    assert told.returncode == 1
    assert "SECRET_KEY: missing or malformed" in told.stderr
    assert "Traceback" not in told.stderr
