"""The translator: its service good, slow, wrong and away; what it may see; what must survive."""

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import conversations, interpreting
from bot.models import Case, Message, Resident, Translation
from bot.runtime import Runtime
from bot.settings import Settings, SettingsError
from bot.translation import Problem, Purpose, TranslationError, lost_numbers
from broadcasts import rumours
from tests import factories
from tests.conftest import test_environment
from tests.translator import TranslationService, translated, translation_service


@pytest.fixture
def service() -> Iterator[TranslationService]:
    with translation_service() as running:
        yield running


@pytest.fixture
def translating(settings: Settings, service: TranslationService) -> Iterator[Runtime]:
    """A runtime whose translator is the local service, for every purpose."""
    given = {"translator": "libre", "translator_url": service.url}
    built = Runtime.build(replace(settings, **given, translate_residents=True))  # type: ignore[arg-type]
    built.redis.flushdb()
    yield built
    built.close()


def problem(runtime: Runtime, text: str, purpose: Purpose = Purpose.RESIDENT) -> Problem:
    with pytest.raises(TranslationError) as raised:
        runtime.translator.translate(text, "vi", "ja", purpose)
    assert text not in str(raised.value)
    return raised.value.problem


def test_words_go_in_the_body_never_in_the_address(
    translating: Runtime, service: TranslationService
) -> None:
    said = translating.translator.translate("Xin chào", "vi", "zh-Hans", Purpose.RESIDENT)
    assert said == "[zh] Xin chào"
    assert service.paths == ["/translate"]
    assert service.asked[0]["source"] == "vi"


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [("deepl", "key:fx", "ZH[EN-US] 您好"), ("microsoft", "key", "zh-Hans[en] 您好")],
)
def test_the_paid_services_are_asked_as_they_want_it(
    settings: Settings, service: TranslationService, name: str, key: str, expected: str
) -> None:
    given = {"translator": name, "translator_api_key": key, "translator_url": service.url}
    built = Runtime.build(
        replace(settings, translate_residents=True, translator_region="japaneast", **given)  # type: ignore[arg-type]
    )
    said = built.translator.translate("您好", "zh-Hans", "en", Purpose.RESIDENT)
    assert said == expected
    assert not any("key" in path or "您好" in path for path in service.paths)
    built.close()


def test_plain_japanese_is_japanese_for_a_machine(
    translating: Runtime, service: TranslationService
) -> None:
    translating.translator.translate("こんにちは", "ja-x-easy", "en", Purpose.ANSWER)
    assert (service.asked[0]["source"], service.asked[0]["target"]) == ("ja", "en")


def test_without_a_service_or_its_switch_nothing_is_asked(
    runtime: Runtime, settings: Settings, service: TranslationService
) -> None:
    assert problem(runtime, "Xin chào") is Problem.OFF
    here = {"translator": "libre", "translator_url": service.url}
    switched_off = Runtime.build(replace(settings, **here))  # type: ignore[arg-type]
    assert problem(switched_off, "Xin chào") is Problem.OFF
    assert problem(switched_off, "Xin chào", Purpose.ANSWER) is Problem.OFF
    assert service.asked == []
    switched_off.close()


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("garbage", Problem.AWAY),
        ("empty", Problem.AWAY),
        ("away", Problem.AWAY),
        ("busy", Problem.AWAY),
        ("refusing", Problem.REFUSED),
        ("keyless", Problem.KEY),
    ],
)
def test_a_bad_answer_is_no_translation(
    translating: Runtime,
    service: TranslationService,
    behaviour: str,
    expected: Problem,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.behaves = behaviour
    assert problem(translating, "Tôi bị đánh") is expected
    assert "Tôi" not in caplog.text


@pytest.mark.parametrize("behaviour", ["slow", "dripping"])
def test_nobody_waits_longer_than_the_deadline(
    translating: Runtime, service: TranslationService, behaviour: str
) -> None:
    service.behaves = behaviour
    began = time.monotonic()
    assert problem(translating, "Xin chào") is Problem.AWAY
    assert time.monotonic() - began < 10


def test_a_service_that_is_away_is_left_alone_for_a_while(
    translating: Runtime, service: TranslationService
) -> None:
    service.behaves = "away"
    for _ in range(5):
        assert problem(translating, "Xin chào") is Problem.AWAY
    assert len(service.asked) == 3
    service.behaves = "good"
    assert problem(translating, "Xin chào") is Problem.AWAY
    translating.clock.move(31)
    assert translating.translator.translate("Xin chào", "vi", "ja", Purpose.RESIDENT)
    assert len(service.asked) == 4


def test_a_server_that_is_not_there(translating: Runtime, service: TranslationService) -> None:
    settings = replace(translating.settings, translator_url="http://127.0.0.1:9")
    other = Runtime.build(settings)
    assert problem(other, "Xin chào") is Problem.AWAY
    other.close()


def test_threads_get_their_own_texts(translating: Runtime) -> None:
    texts = [f"câu {number}" for number in range(60)]

    def ask(text: str) -> str:
        return translating.translator.translate(text, "vi", "ja", Purpose.RESIDENT)

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(ask, texts)) == [translated(text, "ja") for text in texts]


def test_our_words_are_asked_once_and_kept_encrypted_residents_words_never(
    translating: Runtime, service: TranslationService
) -> None:
    for _ in range(2):
        translating.translator.translate("窓口に来てください", "ja", "vi", Purpose.ANSWER)
        translating.translator.translate("Tôi sợ", "vi", "ja", Purpose.RESIDENT)
    assert [fields["q"] for fields in service.asked].count("窓口に来てください") == 1
    assert [fields["q"] for fields in service.asked].count("Tôi sợ") == 2
    with translating.database.read() as session:
        (kept,) = session.query(Translation).all()
    assert "窓口".encode() not in kept.sealed
    assert translating.sealer.open(kept.sealed) == "[vi] 窓口に来てください"
    guessed = "\0".join(("libre", "ja", "vi", "窓口に来てください"))
    assert kept.key != hashlib.sha256(guessed.encode()).hexdigest()


def test_a_lost_number_refuses_the_translation(
    translating: Runtime, service: TranslationService
) -> None:
    service.behaves = "losing"
    with pytest.raises(TranslationError) as raised:
        translating.translator.translate("119に電話、8時半", "ja", "vi", Purpose.ANSWER)
    assert raised.value.problem is Problem.FACTS
    assert raised.value.missing == ("119", "8")
    with translating.database.read() as session:
        assert session.query(Translation).count() == 0


@pytest.mark.parametrize(
    ("source", "words", "target", "lost"),
    [
        ("8時30分に来てください", "Please come at 8:30", "en", ()),
        ("９月１２日", "12 September", "en", ()),
        ("9月12日", "Ngày 12 tháng 9", "vi", ()),
        ("9月12日", "12 October", "en", ("9",)),
        ("10,000円です", "Giá 10.000 yên", "vi", ()),
        ("1万5000円です", "15,000 yen", "en", ()),
        ("電話：0570-012-345", "Call 0570 012 345", "en", ()),
        ("電話：0570-012-345", "Call 0570 012 354", "en", ("345",)),
        ("09:05", "9:05", "en", ()),
        ("2階", "၂ ထပ်", "my", ()),
        ("税金は3000円", "The tax is 300 yen", "en", ("3000",)),
        ("水を飲まないで", "Do not drink the water", "en", ()),
    ],
)
def test_which_numbers_count_as_kept(
    source: str, words: str, target: str, lost: tuple[str, ...]
) -> None:
    assert lost_numbers(source, words, target) == lost


def heard(runtime: Runtime, *, protected: bool = False, text: str = "Xin chào") -> int:
    """A resident's message in a case, waiting for its translation if it may have one."""
    with runtime.database.write() as session:
        resident = factories.resident(session, languages=["vi"])
        case = factories.case(session, resident, protected=protected)
        message = Message(
            resident_id=resident.id,
            case_id=case.id,
            at=runtime.clock.now(),
            author="resident",
            kind="text",
            language="vi",
            text=text,
        )
        session.add(message)
        conversations.await_translation(runtime, message, case)
        session.flush()
        return message.id


def test_whether_something_is_true_is_translated_without_any_case(
    translating: Runtime, service: TranslationService
) -> None:
    message_id = heard(translating, text="Vỡ đập rồi?")
    with translating.database.write() as session:
        message = session.get_one(Message, message_id)
        rumours.ask(session, translating, message, "vi")
        assert message.case_id is None
    interpreting.run(translating)
    assert factories.stored(translating, Message, message_id).japanese == "[ja] Vỡ đập rồi?"


def test_what_a_resident_wrote_is_translated_beside_the_answering(
    translating: Runtime, service: TranslationService
) -> None:
    message_id = heard(translating)
    assert interpreting.is_due(translating)
    interpreting.run(translating)
    message = factories.stored(translating, Message, message_id)
    assert (message.japanese, message.translate_at) == ("[ja] Xin chào", None)
    assert not interpreting.is_due(translating)


def test_a_protected_case_is_never_shown_to_a_machine(
    translating: Runtime, service: TranslationService
) -> None:
    heard(translating, protected=True)
    assert not interpreting.is_due(translating)
    message_id = heard(translating)
    with translating.database.write() as session:
        message = session.get_one(Message, message_id)
        case = session.get_one(Case, message.case_id)
        case.protected = True
        conversations.protect(session, case, case.resident, translating.sealer)
    interpreting.run(translating)
    interpreting.translate(translating, message_id)
    assert service.asked == []
    assert factories.stored(translating, Message, message_id).japanese is None


def test_a_message_taken_back_meanwhile_keeps_no_translation(
    translating: Runtime, service: TranslationService
) -> None:
    message_id = heard(translating)
    with translating.database.write() as session:
        message = session.get_one(Message, message_id)
        message.line_message_id = "77"
        session.flush()
        resident = session.get_one(Resident, message.resident_id)
        conversations.unsay(session, resident, "77")
    interpreting.run(translating)
    assert service.asked == []


def test_a_translation_is_tried_again_and_then_given_up(
    translating: Runtime, service: TranslationService
) -> None:
    service.behaves = "away"
    message_id = heard(translating)
    interpreting.run(translating)
    assert not interpreting.is_due(translating)
    translating.clock.move(40)
    assert interpreting.is_due(translating)
    service.behaves = "good"
    interpreting.run(translating)
    assert factories.stored(translating, Message, message_id).japanese
    service.behaves = "away"
    late = heard(translating)
    translating.clock.move(timedelta(hours=3).total_seconds())
    interpreting.run(translating)
    assert factories.stored(translating, Message, late).translate_at is None


def test_settings_refuse_what_would_send_words_astray(tmp_path: object) -> None:
    given = test_environment("", "", tmp_path)  # type: ignore[arg-type]

    def problems(**more: str) -> str:
        with pytest.raises(SettingsError) as raised:
            Settings.from_environment(given | more)
        return str(raised.value)

    assert "TRANSLATE_RESIDENTS" in problems(TRANSLATOR="google", TRANSLATE_RESIDENTS="yes")
    assert "TRANSLATE_RESIDENTS" in problems(TRANSLATE_RESIDENTS="yes")
    assert "TRANSLATOR_API_KEY" in problems(TRANSLATOR="deepl")
    assert "TRANSLATOR_URL" in problems(TRANSLATOR="libre")
    assert "TRANSLATOR_URL" in problems(TRANSLATOR="libre", TRANSLATOR_URL="http://192.0.2.1")
    assert "TRANSLATE_RESIDENTS: not yes or no" in problems(TRANSLATE_RESIDENTS="maybe")
    assert "TRANSLATOR:" in problems(TRANSLATOR="babelfish")
    usable = {"TRANSLATOR": "deepl", "TRANSLATOR_API_KEY": "k", "TRANSLATE_RESIDENTS": "yes"}
    assert Settings.from_environment(given | usable).translate_residents
