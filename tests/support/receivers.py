"""Receivers of the tests' own on the loopback, which do what a test says: by HTTP and by SMTP."""

from __future__ import annotations

import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[["Request"], bytes | Iterable[bytes] | None]


@dataclass(frozen=True)
class Request:
    """What arrived by HTTP."""

    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class HttpReceiver:
    """An HTTP server that keeps what arrives.

    Parameters
    ----------
    script
        What to do with the first requests, one after the other; afterwards each is answered by 204.
    """

    script: list[Answer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def kept(self) -> list[str]:
        """Keys, each once, as a receiver that follows the rules keeps them."""
        return list(dict.fromkeys(each.key for each in self.requests))


def status(code: int, *headers: str) -> Answer:
    """Answer with a status."""
    head = "".join(f"{header}\r\n" for header in headers)
    return lambda _: f"HTTP/1.1 {code} X\r\n{head}Content-Length: 0\r\n\r\n".encode()


def hang_up(_: Request) -> bytes | None:
    """Take the message and close the connection without an answer."""
    return None


@contextmanager
def http_receiver(*script: Answer, context: Any = None) -> Iterator[HttpReceiver]:
    """Run a receiver; with an SSL context by HTTPS."""
    receiver = HttpReceiver(list(script))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request({name.lower(): value for name, value in self.headers.items()}, body)
            receiver.requests.append(request)
            answer = receiver.script.pop(0) if receiver.script else status(204)
            said = answer(request)
            for part in [said] if isinstance(said, bytes) else said or []:
                self.wfile.write(part)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Clients that hang up are no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.url = f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_port}/in?from=churnlab"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Mail:
    """What arrived by SMTP."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class SmtpReceiver:
    """A mail server that keeps what arrives.

    Parameters
    ----------
    script
        Command to replies instead of the usual ones, the first first; ``""`` closes the connection. ``END`` stands for
        the end of a message.
    extensions
        What it says that it can.
    """

    script: dict[str, list[str]] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    mails: list[Mail] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    encrypted: int = 0
    port: int = 0
    context: ssl.SSLContext | None = None


USUAL = {"DATA": "354 go on"} | dict.fromkeys(("MAIL", "RCPT", "END", "RSET", "NOOP"), "250 ok")


class _Dialogue(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        receiver: SmtpReceiver = self.server.receiver  # type: ignore[attr-defined]
        receiver.connections += 1
        self._say("220 ready")
        sender, recipients = "", []
        while line := self.rfile.readline():
            text = line.decode().strip()
            verb = text[:4].upper()
            if verb in ("EHLO", "HELO"):
                lines = ["churnlab.test", *receiver.extensions]
                for place, each in enumerate(lines):
                    self._say(f"250{' ' if place == len(lines) - 1 else '-'}{each}")
                continue
            if verb == "STAR" and receiver.context is not None:
                self._say("220 go on")
                self.request = receiver.context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
                receiver.encrypted += 1
                continue
            if verb == "AUTH":
                receiver.logins.append(text)
                self._say(receiver.script.get("AUTH", ["235 welcome"])[0])
                continue
            if verb == "QUIT":
                self._say("221 bye")
                return
            if not self._reply(verb):
                return
            if verb == "MAIL":
                sender, recipients = text, []
            elif verb == "RCPT":
                recipients.append(text[text.index("<") + 1 : text.index(">")])
            elif verb == "DATA" and self.said.startswith("354"):
                lines = iter(self.rfile.readline, b".\r\n")
                content = b"".join(line.removeprefix(b".").replace(b"\r\n", b"\n") for line in lines)
                if (receiver.script.get("END") or ["250"])[0][:1] in ("2", ""):
                    receiver.mails.append(Mail(sender, recipients, content))
                if not self._reply("END"):
                    return

    def _reply(self, verb: str) -> bool:
        scripted = self.server.receiver.script.get(verb)  # type: ignore[attr-defined]
        self.said = scripted.pop(0) if scripted else USUAL.get(verb, "500 what")
        if self.said:
            self._say(self.said)
        return bool(self.said)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def smtp_receiver(*extensions: str, **script: list[str]) -> Iterator[SmtpReceiver]:
    """Run a mail server."""
    receiver = SmtpReceiver(script, extensions)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Clients that hang up are no news."""

    with Server(("127.0.0.1", 0), _Dialogue) as server:
        server.receiver = receiver  # type: ignore[attr-defined]
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def self_signed(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Give a key with its certificate for the loopback, and what serves with them."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    since = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, since, since + timedelta(days=9))
    own = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(own, critical=True).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "own.pem"
    file.write_bytes(private + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context
