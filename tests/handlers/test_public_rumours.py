"""The answer to a rumour as a picture: the verdict in words and as a sign, for anybody."""

import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image

from bot.languages import complete
from bot.models import Rumour, RumourAnswer
from bot.pictures.signs import PICTOGRAMS
from bot.runtime import Runtime
from broadcasts import pictures, rumours
from tests import notices
from tests.handlers.test_public_kit import LARGEST_PICTURE, size_of

CLAIM = {"japanese": "ダムが壊れた", "plain": "ダムが こわれました。", "english": "The dam broke."}


def answered(runtime: Runtime, verdict: str = "false", **changes: str) -> int:
    """A rumour with an answer in force for three hours; its id."""
    now = runtime.clock.now()
    with runtime.database.write() as session:
        author = notices.staff(session, "operator")
        rumour = Rumour(claim="ダム", keywords=[], author_id=author.id, created_at=now)
        session.add(rumour)
        session.flush()
        answer = RumourAnswer(
            **CLAIM | changes, verdict=verdict, source="気象庁", checked_at=now,
            expires_at=now + timedelta(hours=3), network_ids=[],
        )  # fmt: skip
        rumours.propose(session, runtime, rumour, answer, author)
        rumours.confirm(session, runtime, rumour, answer, notices.staff(session, "approver"))
        return rumour.id


def test_every_language_has_one_and_the_page_leads_to_it(
    client: FlaskClient, demo_city: Runtime
) -> None:
    id = answered(demo_city)
    for known in complete("conversation"):
        response = client.get(f"/r/{id}/{known.tag}.png")
        width, height = size_of(response)
        assert (width, 500 < height < 1500) == (1080, True)
        assert len(response.data) <= LARGEST_PICTURE
    assert f'href="/r/{id}/vi.png"' in client.get(f"/r/{id}?lang=vi").text
    assert "no-store" not in response.headers["Cache-Control"]
    etag = response.headers["ETag"]
    again = client.get(f"/r/{id}/{known.tag}.png", headers={"If-None-Match": etag})
    assert again.status_code == 304


@pytest.mark.parametrize("verdict", ["true", "false", "unknown"])
def test_each_verdict_has_words_and_a_sign_of_its_own(demo_city: Runtime, verdict: str) -> None:
    now = demo_city.clock.now()
    times = {"checked_at": now, "expires_at": now}
    answer = RumourAnswer(**CLAIM, verdict=verdict, source="気象庁", rumour_id=7, **times)
    drawn = pictures.picture_of_answer(demo_city, answer, "vi", "Minato", in_force=True)
    assert drawn.pictogram in PICTOGRAMS and drawn.color == "other" and not drawn.level
    assert drawn.band == demo_city.words.text("vi", f"rumour.{verdict}")
    assert [tag for tag, _lines in drawn.texts] == ["vi", "ja-x-easy", "en"]
    assert drawn.texts[1] == ("ja-x-easy", (CLAIM["plain"],))
    assert drawn.link.endswith("/r/7") and any(line.endswith("7") for line in drawn.notes)
    mine = pictures.picture_of_answer(demo_city, answer, "ja", "みなと市", in_force=True)
    assert [(tag, lines[1:]) for tag, lines in mine.texts] == [("ja", (CLAIM["japanese"],))]


def test_the_signs_of_the_verdicts_differ(client: FlaskClient, demo_city: Runtime) -> None:
    corners = set()
    for verdict in ("true", "false", "unknown"):
        data = client.get(f"/r/{answered(demo_city, verdict)}/ja.png").data
        image = Image.open(io.BytesIO(data)).convert("RGB")
        corners.add(image.crop((880, 0, 1080, 190)).tobytes())
    assert len(corners) == 3


def test_what_holds_no_more_says_so_and_nothing_else_has_a_picture(
    client: FlaskClient, demo_city: Runtime
) -> None:
    id = answered(demo_city)
    before = client.get(f"/r/{id}/en.png")
    demo_city.clock.move(3 * 3600 + 1)
    assert size_of(client.get(f"/r/{id}/en.png"))[1] > size_of(before)[1]
    assert ".png" not in client.get(f"/r/{id}?lang=en").text
    for wrong in (f"{id}/xx", f"{id + 1}/ja", f"{'9' * 30}/ja", f"{id}/../ja"):
        assert client.get(f"/r/{wrong}.png").status_code == 404
