"""E-mail over SMTP: one thread for each subject, held together by its first message's id."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grace_workers.adapters.notify.notifier import Notifier
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.field_types import OneLine
from grace_workers.foundation.secret import SecretText, reveal
from grace_workers.orchestration.people.roster import PeopleNotice

Address = Annotated[str, StringConstraints(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$", max_length=254)]
_WITHIN = 15.0
_PERMANENT = 500


class EmailConnection(Document):
    """A mail server, the sender and the recipients. With `user`, it logs in, which takes `starttls` or `tls`."""

    host: OneLine
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: OneLine | None = None
    password: SecretText | None = None
    sender: Address
    to: tuple[Address, ...] = Field(min_length=1, max_length=100)


class EmailWay:
    """Sends a message to the recipients. The id of a message follows from the notice, so a repeat is recognised."""

    def __init__(self, said: EmailConnection) -> None:
        self._said = said

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Send one message to each recipient, so that a person's own link reaches no one else.

        The thread is the key of its first notice, from which the ids of the first messages follow.
        """
        try:
            with self._connected() as server:
                for recipient in self._said.to:
                    server.send_message(self._message(notice, thread, recipient))
        except smtplib.SMTPResponseException as error:
            kind = PermanentError if error.smtp_code >= _PERMANENT else TransientError
            raise kind(f"mail server {self._said.host} answers with {error.smtp_code}") from error
        except smtplib.SMTPRecipientsRefused as error:
            raise PermanentError(f"mail server {self._said.host} refuses {', '.join(error.recipients)}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransientError(f"mail server {self._said.host} does not answer: {type(error).__name__}") from error
        return thread or notice.key

    def _message(self, notice: PeopleNotice, thread: str | None, recipient: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self._said.sender, recipient
        message["Subject"] = notice.title[:200]
        message["Message-ID"] = self._id(f"{notice.subject} {notice.key} {recipient}")
        message["Auto-Submitted"] = "auto-generated"
        if thread is not None:
            message["In-Reply-To"] = message["References"] = self._id(f"{notice.subject} {thread} {recipient}")
        lines = [*notice.lines, *([notice.link] if notice.link else [])]
        if recipient in notice.answers:
            lines.append(f"your own link to answer, which you must not forward: {notice.answers[recipient]}")
        message.set_content("\n".join((*lines, "")))
        return message

    def _id(self, text: str) -> str:
        return f"<{sha256(text.encode()).hexdigest()[:32]}@{self._said.sender.rpartition('@')[2]}>"

    def _connected(self) -> smtplib.SMTP:
        said, context = self._said, ssl.create_default_context()
        if said.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(said.host, said.port, timeout=_WITHIN, context=context)
        else:
            server = smtplib.SMTP(said.host, said.port, timeout=_WITHIN)
        try:
            if said.security == "starttls":
                server.starttls(context=context)
            if said.user is not None:
                server.login(said.user, reveal(said.password or "", "password of the mail server"))
        except BaseException:
            with suppress(smtplib.SMTPException, OSError):
                server.close()
            raise
        return server


DEFINITION = Notifier(
    name="email", summary="E-mail over SMTP, one thread for each incident.", connection=EmailConnection, open=EmailWay
)
