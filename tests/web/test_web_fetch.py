"""Files from the web: what may be loaded, and each way around that rule."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.web.pictures import png
from tests.web.server_process import Server
from unmask.web import web_fetch
from unmask.web.errors import FetchFailed, FetchForbidden
from unmask.web.web_fetch import fetch_file, is_public, public_address

PICTURE = png()


class Site(BaseHTTPRequestHandler):
    """A web site with a picture, a page, a large file, and redirects."""

    def do_GET(self) -> None:
        moved = {
            "/moved": "/a%20photo.png",
            "/loop": "/loop",
            "/out": "http://10.0.0.1/",
            "/file": "file:///etc/passwd",
        }
        if self.path in moved:
            self.send_response(302)
            self.send_header("Location", moved[self.path])
            self.end_headers()
            return
        bodies = {"/a%20photo.png": PICTURE, "/page": b"<html>", "/large": PICTURE + bytes(100_000)}
        self.send_response(200 if self.path in bodies else 404)
        self.end_headers()
        self.wfile.write(bodies.get(self.path, b""))

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a site on this machine, which counts as public here."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    monkeypatch.setattr(web_fetch, "PORTS", {"http": server.server_port, "https": 443})
    monkeypatch.setattr(web_fetch, "is_public", lambda address: address == "127.0.0.1")
    Thread(target=server.serve_forever, daemon=True).start()
    yield "http://127.0.0.1"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1"),
    ],
)
def test_addresses_of_private_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://127.0.0.1/a.jpg",
            "http://localhost/a.jpg",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://127.1/",
        ),
        *("http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0/", "http://169.254.169.254/latest/meta-data/"),
        *("file:///etc/passwd", "ftp://example.com/a.jpg", "gopher://example.com/", "//example.com/a.jpg", "a.jpg", ""),
        *("http://user:password@example.com/", "http://example.com:22/", "https://example.com:80/", "http://a:b/"),
        *("http://1.1.1.1/a\r\nHost: localhost", "http://[::1", "http://1.1.1.1/a b"),
    ],
)
def test_addresses_that_reach_elsewhere_are_rejected(url: str) -> None:
    with pytest.raises(FetchForbidden):
        fetch_file(url, 1000)


def test_a_name_with_one_private_address_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(0, 0, 0, "", ("1.1.1.1", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(FetchForbidden, match="not on the public web"):
        public_address("both.example", 80)


def test_the_connection_goes_to_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["1.1.1.1", "127.0.0.1"])  # a name whose second lookup would give a private address
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (next(answers), 80))])
    used: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        used.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(FetchFailed, match="no connection"):
        fetch_file("http://rebinding.example/a.jpg", 1000)
    assert used == ["1.1.1.1"]


def test_an_unknown_name_is_reported() -> None:
    with pytest.raises(FetchFailed, match="cannot be resolved"):
        fetch_file("http://no-such-host.invalid/a.jpg", 1000)


def test_a_picture_is_loaded_unchanged_also_after_a_redirect(site: str) -> None:
    for path in ("/a%20photo.png", "/moved"):
        file = fetch_file(site + path, 100_000)
        assert (file.name, file.data) == ("a photo.png", PICTURE)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/page", FetchFailed, "no picture at this address"),
        ("/large", FetchFailed, "larger than 50,000 bytes"),
        ("/missing", FetchFailed, "answered 404"),
        ("/loop", FetchFailed, "more than 4 redirects"),
        ("/out", FetchForbidden, "only port|not on the public web"),
        ("/file", FetchForbidden, "only addresses that begin with http"),
    ],
)
def test_other_answers_are_rejected(site: str, path: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        fetch_file(site + path, 50_000)


def test_the_server_loads_nothing_unless_it_is_allowed(server: Server, tmp_path: Path) -> None:
    refused = server.client.post("/v1/fetch", json={"url": "http://127.0.0.1/"})
    assert (refused.status_code, refused.json()["code"]) == (403, "fetch_forbidden")
    assert "--fetch" in refused.json()["detail"]
    assert server.client.get("/v1/server").json()["fetch"] is False
