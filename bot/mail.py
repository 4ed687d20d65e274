"""Mail to staff. It says that there is something to do and where, never what a resident wrote."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from bot.settings import Settings, is_loopback

_TIMEOUT_SECONDS = 10
_TLS_AT_ONCE = 465


class MailError(Exception):
    """The mail server did not take the mail; `str()` says why, without addresses."""


def send(settings: Settings, to: str, subject: str, text: str) -> None:
    """Hand one mail to the mail server of the settings (SMTP_HOST must be set).

    The connection is encrypted, except to a server on this machine that offers no encryption.
    Raises `MailError`.
    """
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        raise MailError(f"the mail server answered {error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(type(error).__name__) from error


def _connected(settings: Settings) -> smtplib.SMTP:
    where = settings.smtp_host, settings.smtp_port
    context = ssl.create_default_context()
    if settings.smtp_port == _TLS_AT_ONCE:
        return smtplib.SMTP_SSL(*where, timeout=_TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(*where, timeout=_TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if server.has_extn("starttls") or not is_loopback(f"//{settings.smtp_host}"):
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server
