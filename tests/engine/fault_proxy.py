"""A server in front of an S3 server that fails as object storage does: busy, slow, cut off, gone before or after the work."""

import http.client
import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("busy", "broken", "slow", "dropped before", "dropped after", "truncated")
_ANSWERS = {
    "busy": (503, "SlowDown"),
    "broken": (500, "InternalError"),
    "ExpiredToken": (400, "ExpiredToken"),
    "RequestTimeTooSkewed": (403, "RequestTimeTooSkewed"),
    "NoSuchUpload": (404, "NoSuchUpload"),
}
_OWN_HEADERS = ("connection", "content-length", "date", "server", "transfer-encoding")


class FaultProxy(ThreadingHTTPServer):
    """Use as a context manager; `url` is the endpoint.

    Args:
        port: of the server behind it, on loopback.
        rate: the share of requests that fail, each in one of `FAULTS`.
        seed: of which.

    Attributes:
        requests: how many of each method there were.
        faults: how many of each kind.
        refusing: an error code that every request is answered with once ``after`` requests were served, if any.
    """

    daemon_threads = True

    def __init__(self, port: int, rate: float = 0.0, seed: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.rate = port, rate
        self.requests: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.refusing, self.after = "", 0
        self._draw, self._lock = random.Random(seed), threading.Lock()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.server_port}"

    def fate(self, method: str) -> str:
        """What becomes of a request; empty where it is served."""
        with self._lock:
            self.requests[method] += 1
            if self.refusing and self.requests.total() > self.after:
                return self.refusing
            fault = self._draw.choice(FAULTS) if self._draw.random() < self.rate else ""
            self.faults[fault] += bool(fault)
            return fault

    def __enter__(self) -> "FaultProxy":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A connection that was dropped on purpose is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultProxy

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fate = self.server.fate(self.command)
        if fate in _ANSWERS:
            return self._refuse(*_ANSWERS[fate])
        if fate == "dropped before":
            return self._drop()
        if fate == "slow":
            time.sleep(0.05)
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)
        behind.request(self.command, self.path, body, dict(self.headers))
        answer = behind.getresponse()
        data = answer.read()
        behind.close()
        if fate == "dropped after":
            return self._drop()
        self._answer(answer.status, answer.getheaders(), data, len(data) // 2 if fate == "truncated" else len(data))
        return None

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - the names that http.server calls

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, sent: int) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        size = {name.lower(): value for name, value in headers}.get("content-length", str(len(data)))
        self.send_header("Content-Length", size if self.command == "HEAD" else str(len(data)))
        self.end_headers()
        self.wfile.write(data[:sent])
        if sent < len(data):
            self._drop()

    def _refuse(self, status: int, code: str) -> None:
        text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}, says the storage</Message></Error>".encode()
        self._answer(status, [("Content-Type", "application/xml")], b"" if self.command == "HEAD" else text, len(text))

    def _drop(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
