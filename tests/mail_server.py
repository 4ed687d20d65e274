"""A mail server on this machine that keeps what it is given."""

import email
import socketserver
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from threading import Event

from bot.settings import Settings


class Conversation(socketserver.StreamRequestHandler):
    """As much SMTP as one mail needs."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, MailServer)
        server.answering.wait()
        self.say("220 test")
        for line in self.rfile:
            word = line.split()[0].upper()
            if word == b"DATA":
                self.say("354 go on")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                server.mails.append(body)
                self.say("250 taken")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            elif word == b"RCPT" and server.refuses:
                self.say("550 no such mailbox")
            else:
                self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it is given; knows nobody while it `refuses`, is silent while not `answering`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: list[bytes] = []
        self.refuses = False
        self.answering = Event()
        self.answering.set()

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(mail, policy=default) for mail in self.mails]

    def settings(self, base: Settings) -> Settings:
        """`base` with this mail server in it."""
        return replace(
            base,
            smtp_host="127.0.0.1",
            smtp_port=self.server_address[1],
            mail_from="console@minato.example",
        )
