"""`evaluate guarded FILE`: with a city, without one, and with files that cannot be used."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from handlers.commands import command_line

HEAD = "language\tja\ttext\tdamaged\twhat\n"
ROWS = (
    "en\t警戒レベル4。21時40分\tAlert level 4. 9:40 pm\t0\t\n"
    "en\t警戒レベル4。21時40分\tAlert level 3. 9:40 pm\t1\tlevel\n"
    "th\t21時40分\t21.40 น.\t0\t\n"
    "th\t21時40分\t20.40 น.\t1\ttime\n"
)


def evaluated(path: Path, text: str) -> tuple[int, str]:
    file = path / "judged.tsv"
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(command_line, ["evaluate", "guarded", str(file)])
    return result.exit_code, result.output


def test_it_prints_a_table_and_a_json_line(tmp_path: Path) -> None:
    code, output = evaluated(tmp_path, HEAD + ROWS)
    assert code == 0, output
    *table, last = output.splitlines()
    assert [line.split() for line in table] == [
        ["language", "time", "level", "all", "alarms"],
        ["en", "-", "1/1", "1/1", "0/1"],
        ["th", "1/1", "-", "1/1", "0/1"],
    ]
    figures = json.loads(last)
    assert (figures["n"], figures["recall"], figures["false_alarms"]) == (4, 1.0, 0.0)
    assert figures["per_kind"] == {
        "time": {"n": 1, "recall": 1.0},
        "level": {"n": 1, "recall": 1.0},
    }


def test_it_uses_the_names_of_the_city_that_is_loaded(
    app: Flask, tmp_path: Path, demo_city: None
) -> None:
    file = tmp_path / "judged.tsv"
    row = "es\t港小学校へ。\tVaya a la escuela Minato (港小学校).\t0\t\n"
    file.write_text(HEAD + row, encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["evaluate", "guarded", str(file)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output.splitlines()[-1])["false_alarms"] == 0.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("language\ttext\n", "the first line must be"),
        (HEAD + "en\t21時\t9 pm\tyes\t\n", "line 2: damaged must be 0 or 1"),
    ],
)
def test_a_file_that_cannot_be_used_ends_it_with_one_line(
    tmp_path: Path, text: str, told: str
) -> None:
    code, output = evaluated(tmp_path, text)
    assert code == 1
    assert told in output and "Traceback" not in output
