"""A notice's public page and what it is passed on with: text, picture, a page for a wall."""

import io
import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from bot.languages import registered
from bot.models import Broadcast
from bot.pictures.signs import PICTOGRAMS
from bot.runtime import Runtime
from broadcasts import reading, sending
from broadcasts.templates import templates
from tests import notices

LARGEST_PAGE = 50_000
LARGEST_PICTURE = 300_000


@pytest.fixture
def number(demo_city: Runtime) -> str:
    return notices.send(demo_city)


def page_of(client: FlaskClient, number: str, query: str = "lang=vi") -> str:
    response = client.get(f"/n/{number}?{query}")
    assert response.status_code == 200
    assert len(response.data) <= LARGEST_PAGE
    return unescape(response.text)


def picture_of(client: FlaskClient, number: str, tag: str) -> TestResponse:
    return client.get(f"/n/{number}/{tag}.png")


def size_of(response: TestResponse) -> tuple[int, int]:
    assert response.status_code == 200, response.text
    assert response.mimetype == "image/png"
    assert len(response.data) <= LARGEST_PICTURE
    image = Image.open(io.BytesIO(response.data))
    return image.size


def test_the_page_has_the_text_to_copy_the_picture_and_no_script(
    client: FlaskClient, number: str
) -> None:
    page = page_of(client, number)
    assert 'class="text copy"' in page
    assert f'href="/n/{number}/vi.png"' in page
    assert "CẤP 4" in page.upper() or "4" in re.findall(r'class="band[^>]*>([^<]+)<', page)[0]
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(https?:[^"]+)"', page) == []
    assert f"/n/{number}</p></div>" in page  # the address, last, on paper


def test_the_text_to_copy_is_what_people_got(
    client: FlaskClient, demo_city: Runtime, number: str
) -> None:
    with demo_city.database.read() as session:
        found = reading.by_number(session, number)
        assert found
        for row in reading.texts(session, found):
            page = page_of(client, number, f"lang={row.language}")
            for words in row.words["messages"]:
                assert words in page


def test_languages_have_pictures_also_where_the_text_is_borrowed(
    client: FlaskClient, number: str
) -> None:
    for tag in ("ja", "zh-Hant", "my", "km", "fa", "hi"):
        width, height = size_of(picture_of(client, number, tag))
        assert width == 1080
        assert 600 < height < 3000


def test_the_picture_is_asked_for_again_without_being_sent_again(
    client: FlaskClient, number: str
) -> None:
    first = picture_of(client, number, "my")
    again = client.get(f"/n/{number}/my.png", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("where", ["9999-1/ja", "{number}/xx", "{number}/../ja"])
def test_there_is_no_picture_of_anything_else(client: FlaskClient, number: str, where: str) -> None:
    response = client.get(f"/n/{where.format(number=number)}.png")
    assert response.status_code == 404


def test_a_draft_has_neither_page_nor_picture(client: FlaskClient, demo_city: Runtime) -> None:
    with demo_city.database.write() as session:
        number = notices.draft(session, demo_city.clock.now()).number
    assert client.get(f"/n/{number}").status_code == 404
    response = picture_of(client, number, "ja")
    assert response.status_code == 404
    assert response.mimetype == "text/html"


def test_a_drill_says_so_everywhere(client: FlaskClient, demo_city: Runtime) -> None:
    real, drill = notices.send(demo_city), None
    with demo_city.database.write() as session:
        found = reading.by_number(session, real)
        assert found
        sending.stop(session, demo_city, found, "bot", "test")
    drill = notices.send(demo_city, drill=True)
    page = page_of(client, drill)
    assert 'class="drill"' in page and page.count("drill-mark") == 2
    assert "level-drill" in page
    picture = picture_of(client, drill, "vi")
    assert size_of(picture)[1] > size_of(picture_of(client, real, "vi"))[1]
    assert "%E8%A8%93%E7%B7%B4" in str(picture.headers["Content-Disposition"])
    assert "drill" in page_of(client, drill, "lang=vi&print")


def test_what_is_over_is_not_offered_to_be_passed_on(
    client: FlaskClient, demo_city: Runtime, number: str
) -> None:
    before = picture_of(client, number, "vi").data
    with demo_city.database.write() as session:
        found = reading.by_number(session, number)
        assert found
        sending.stop(session, demo_city, found, "bot", "test")
    page = page_of(client, number)
    assert "copy" not in page and ".png" not in page
    assert picture_of(client, number, "vi").data != before  # it says so now


def test_a_wall_has_one_language_a_page(client: FlaskClient, number: str) -> None:
    one = page_of(client, number, "lang=vi&print")
    assert one.count('<section class="sheet') == 1
    assert 'lang="vi"' in one
    every = page_of(client, number, "print=all")
    assert every.count('<section class="sheet') == len(registered())
    assert every.count("qrline") == 1  # drawn once, used on each


def test_who_reads_from_the_right_gets_the_page_so(client: FlaskClient, number: str) -> None:
    assert '<html lang="fa" dir="rtl">' in page_of(client, number, "lang=fa")


def test_every_pictogram_is_drawn() -> None:
    assert {template.pictogram for template in templates().values()} <= PICTOGRAMS


def test_an_expired_notice_keeps_its_page(
    client: FlaskClient, demo_city: Runtime, number: str
) -> None:
    with demo_city.database.write() as session:
        row = session.query(Broadcast).filter_by(number=number).one()
        row.expires_at = demo_city.clock.now() - timedelta(minutes=1)
    assert "copy" not in page_of(client, number)
