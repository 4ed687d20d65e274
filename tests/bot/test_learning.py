"""Which wordings may be kept, and that what is taught is taken up while the bot runs."""

from pathlib import Path

import pytest
from sqlalchemy import text

from bot import learning
from bot.knowledge import Handling, Knowledge, Outcome
from bot.learning import LOOK_AGAIN, LessonFileError, Problem, Taught
from bot.models import CityChange, Learned
from bot.runtime import ROOT, Runtime
from bot.settings import Settings

QUESTION = "When does Kazenoko open?"
WORDING = "Kazenoko open when"
STAFF = "staff:1"


@pytest.mark.parametrize(
    ("words", "name", "found"),
    [
        ("garbage on New Year's Day", "", None),
        ("open 8:30-17:15 from 12/28 to 1/4", "", None),
        ("tax over 1,000,000 yen in 2026", "", None),
        ("", "", Problem.EMPTY),
        ("?!", "", Problem.EMPTY),
        ("x" * 201, "", Problem.LONG),
        ("call 090-1234-5678", "", Problem.TELEPHONE),
        ("０９０ー１２３４ー５６７８ です", "", Problem.TELEPHONE),
        ("ဖုန်း ၀၉၁၂၃၄၅၆၇", "", Problem.TELEPHONE),
        ("post code 921-8001", "", Problem.TELEPHONE),
        ("write to lan＠example.com", "", Problem.ADDRESS),
        ("Nguyễn muốn đổi tên", "Nguyễn Thị Lan 🌸", Problem.NAME),
        ("LAN's nursery", "Nguyễn Thị Lan", Problem.NAME),
        ("làn đường cho xe đạp", "Nguyễn Thị Lan", None),
        ("the island", "Lan", None),
        ("田中さんの保育園", "田中 花子", Problem.NAME),
        ("森林公園", "林", None),
        ("김민수 씨의 쓰레기", "김민수", Problem.NAME),
        ("an apple", "An 🌸", None),
    ],
)
def test_what_may_be_somebodys_is_not_kept(words: str, name: str, found: Problem | None) -> None:
    assert learning.problem(words, name=name) is found


def test_the_residents_own_words_are_never_copied() -> None:
    said = ["Hello", "When does   Kazenoko open?"]
    assert learning.problem("when does KAZENOKO open", said=said) is Problem.SAID
    assert learning.problem(WORDING, said=said) is None


def teach(runtime: Runtime, topic: str, words: str = WORDING) -> Taught:
    with runtime.database.write() as session:
        now = runtime.clock.now()
        return learning.teach(session, topic, "en", words, by=STAFF, now=now)


def found(runtime: Runtime) -> tuple[str, ...]:
    """The topic the question is surely about after a message came in, or ()."""
    runtime.lessons.refresh()
    finding = runtime.knowledge.find(QUESTION, "en")
    return finding.topics[:1] if finding.outcome is Outcome.TOPIC else ()


def later(runtime: Runtime) -> None:
    runtime.clock.move(LOOK_AGAIN.total_seconds() + 1)


def test_every_change_is_taken_up_within_ten_seconds(on_line: Runtime) -> None:
    assert found(on_line) != ("child.nursery",)
    assert teach(on_line, "child.nursery") is Taught.NEW
    assert found(on_line) != ("child.nursery",)
    later(on_line)
    assert found(on_line) == ("child.nursery",)
    # The number of rows, and in SQLite the newest id, are the same as before.
    assert teach(on_line, "japanese.class") is Taught.MOVED
    assert teach(on_line, "japanese.class") is Taught.KNOWN
    later(on_line)
    assert found(on_line) == ("japanese.class",)
    with on_line.database.write() as session:
        row = session.query(Learned).one()
        assert learning.forget(session, row.id, by=STAFF, now=on_line.clock.now())
        assert not learning.forget(session, row.id + 1, by=STAFF, now=on_line.clock.now())
    later(on_line)
    assert found(on_line) != ("japanese.class",)
    with on_line.database.read() as session:
        changes = session.query(CityChange).order_by(CityChange.id).all()
        told = [(change.what, change.value, change.by) for change in changes]
    assert told == [("learned en", id, STAFF) for id in ("child.nursery", "japanese.class", "")]


def test_what_one_installation_learned_is_not_anothers(
    on_line: Runtime, settings: Settings
) -> None:
    teach(on_line, "child.nursery")
    assert found(on_line) == ("child.nursery",)
    other = Runtime.build(settings)
    assert other.knowledge.find(QUESTION, "en").topics != ("child.nursery",)
    other.close()


def test_without_its_table_the_bot_knows_what_it_knew(on_line: Runtime) -> None:
    teach(on_line, "child.nursery")
    assert found(on_line) == ("child.nursery",)
    with on_line.database.write() as session:
        session.execute(text("DROP TABLE learned"))
    later(on_line)
    assert found(on_line) == ("child.nursery",)


def test_danger_is_recognised_whatever_was_taught(on_line: Runtime) -> None:
    teach(on_line, "garbage.bulky", "help my house is on fire")
    on_line.lessons.refresh()
    topic = on_line.knowledge.first_look("Help! My house is on fire!")
    assert topic is not None
    assert on_line.knowledge.topics[topic].handling is Handling.URGENT


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load(ROOT / "templates" / "faq")


def test_a_file_is_refused_with_every_line_that_is_wrong(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "lessons.tsv"
    lines = [
        "topic\tlanguage\ttext",
        "child.nursery\tvi\tvào Kazenoko",
        "nowhere\tvi\tvào đâu",
        "rights.domestic-violence\tvi\tchồng",
        "child.nursery\txx\tvào đâu",
        "child.nursery\tvi",
        "child.nursery\tvi\t090-1234-5678",
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(LessonFileError) as refused:
        learning.read(path, knowledge)
    told = str(refused.value).splitlines()
    assert [line.removeprefix(f"{path}:")[0] for line in told] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ":1: must be topic, language, text"),
        (b"text\ttopic\n", ":1: must be topic, language, text"),
        (b"\xff\xfe", "cannot be read as UTF-8"),
        (
            b"topic\tlanguage\ttext\ngarbage.days\ten\tfans\ngarbage.bulky\ten\tfans\n",
            ":3: the same text has another topic above",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(
    tmp_path: Path, knowledge: Knowledge, content: bytes, said: str
) -> None:
    path = tmp_path / "lessons.tsv"
    path.write_bytes(content)
    with pytest.raises(LessonFileError, match=said):
        learning.read(path, knowledge)
