"""A local file server that can break off, stall and resume."""

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sr_lightning.system import transfer

SIZE = 1_000_003


CONTENT = bytes(i * i % 251 for i in range(SIZE))


class Server(ThreadingHTTPServer):
    """Serve one file on the loopback interface, with configurable faults."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.headers = CONTENT, {"ETag": '"first"'}
        self.ranges, self.if_range, self.status = True, True, 200
        self.stop_after: list[int] = []  # number of bytes after which the next responses break off
        self.stall = False  # hold the connection open instead of closing it
        self.seen: list[str | None] = []  # the Range header of each request
        self.served = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/folder/file.bin?version=1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers["Range"]
        server.seen.append(wanted)
        assert self.headers["Accept-Encoding"] == "identity"  # lengths and ranges refer to the uncompressed file
        if server.status != 200:
            return self.send_error(server.status)
        changed = server.if_range and self.headers["If-Range"] != server.headers.get("ETag")
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and server.ranges and not changed else 0
        if start >= len(server.content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        for key, value in server.headers.items():
            self.send_header(key, value)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        body = server.content[start:]
        if server.stop_after:
            body = body[: server.stop_after.pop(0)]
        server.served += len(body)  # before the client has received everything
        self.wfile.write(body)
        while server.stall:
            time.sleep(0.01)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.stall = False
        server.shutdown()
