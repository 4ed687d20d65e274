"""Mail to staff goes to the server of the settings, or says why not."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest

from bot import mail
from bot.settings import Settings
from tests.mail_server import MailServer


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def test_a_mail_arrives_as_it_was_written(server: MailServer) -> None:
    mail.send(
        server.settings(Settings()), "mori@minato.example", "設定 / Set up", "森さん\nhttp://x/1\n"
    )
    message = server.messages[0]
    assert message["To"] == "mori@minato.example"
    assert message["Subject"] == "設定 / Set up"
    assert message.get_content().splitlines() == ["森さん", "http://x/1"]


def test_a_refusal_is_an_error_without_addresses(server: MailServer) -> None:
    server.refuses = True
    with pytest.raises(mail.MailError) as refused:
        mail.send(server.settings(Settings()), "mori@minato.example", "s", "t")
    assert "mori" not in str(refused.value)


def test_no_server_is_an_error(server: MailServer) -> None:
    settings = replace(server.settings(Settings()), smtp_port=9)
    with pytest.raises(mail.MailError, match="ConnectionRefusedError"):
        mail.send(settings, "mori@minato.example", "s", "t")
