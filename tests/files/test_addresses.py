"""Addresses as pictures, against a server on loopback that lies; and what downloads print."""

import io
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from nsthelpers import load_image
from nsthelpers.files import downloads

LOOPBACK = "http://127.0.0.1:"


def png():
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


PNG = png()


class Handler(BaseHTTPRequestHandler):
    """A server of tricks: the path says which."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["User-Agent"]))
        trick = self.path.split("?")[0].strip("/")
        if trick == "redirect":
            self.send_response(302)
            self.send_header("Location", self.server.target)
            self.end_headers()
            return
        body = {"page": b"<!doctype html><p>log in", "half": PNG[: len(PNG) // 2], "empty": b""}.get(trick, PNG)
        self.send_response(403 if trick == "forbidden" else 200)
        self.send_header("Content-Type", "image/png")
        if trick not in ("endless", "trickles"):
            self.send_header("Content-Length", str(len(body) * (2 if trick == "broken" else 1)))
        self.end_headers()
        try:
            if trick == "endless":
                while not self.server.released.is_set():
                    self.wfile.write(PNG * 9)
            elif trick in ("stalls", "trickles"):
                for place in range(0, len(body), 16):
                    self.wfile.write(body[place : place + 16])
                    self.wfile.flush()
                    self.server.released.wait(0.05 if trick == "trickles" else 10)
            else:
                self.wfile.write(body)
        except OSError:
            pass  # the client has gone away, as it should

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.asked, http.target, http.released, http.daemon_threads = [], "", threading.Event(), True
    http.address = f"{LOOPBACK}{http.server_port}"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    monkeypatch.setattr(downloads, "SCHEMES", ("https://", LOOPBACK))
    monkeypatch.setattr(downloads, "TIMEOUT", 0.5)
    monkeypatch.setattr(downloads, "PICTURE_SECONDS", 1.0)
    monkeypatch.setattr(downloads, "PICTURE_SIZE", 100_000)
    monkeypatch.delenv("NSTHELPERS_OFFLINE", raising=False)
    yield http
    http.released.set()
    http.shutdown()
    http.server_close()


def test_an_address_is_a_picture_and_nothing_is_kept(server, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    expected = load_image(PNG, device="cpu")
    server.target = f"{server.address}/cat.png"
    for name in ("cat.png", "cat.png?width=60", "redirect", "without an ending"):
        assert (load_image(f"{server.address}/{name}", device="cpu") == expected).all()
    assert load_image(f"{server.address}/cat.png", 30, device="cpu").shape == (1, 3, 20, 30)
    assert list(tmp_path.iterdir()) == [] and capfd.readouterr() == ("", "")
    assert all(agent.startswith("nsthelpers") for _, agent in server.asked)


TRICKS = {
    "forbidden": (ConnectionError, "the server answered with the status 403"),
    "broken": (ConnectionError, "broke off"),
    "stalls": (ConnectionError, "broke off"),
    "trickles": (ConnectionError, "too slowly"),
    "endless": (ConnectionError, "more than the 100000 bytes"),
    "page": (ValueError, "it is a web page; .* give its own address"),
    "empty": (ValueError, "it is an empty file"),
    "half": (ValueError, "damaged or incomplete"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_server_that_lies_is_refused_with_one_sentence(server, trick):
    kind, said = TRICKS[trick]
    began = time.monotonic()
    with pytest.raises(kind, match=f"^Cannot (read|download) '{server.address}/{trick}'.*{said}.*\\.$") as caught:
        load_image(f"{server.address}/{trick}")
    assert time.monotonic() - began < 5 and "\n" not in str(caught.value)
    assert kind is ValueError or str(caught.value).endswith("save the picture and give its file.")


@pytest.mark.parametrize("target", ["http://127.0.0.2/a", "http://localhost/a", "file:///etc/passwd", "ftp://a/b"])
def test_no_redirection_leads_away(server, target):
    server.target = target
    with pytest.raises(ConnectionError, match="not https, or leads away"):
        load_image(f"{server.address}/redirect")
    assert len(server.asked) == 1


def test_a_redirection_that_never_ends(server):
    server.target = f"{server.address}/redirect"
    with pytest.raises(ConnectionError, match="Cannot download"):
        load_image(f"{server.address}/redirect")


def test_a_decompression_bomb_from_an_address(server, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    with pytest.raises(ValueError, match="too many pixels"):
        load_image(f"{server.address}/cat.png")


@pytest.mark.parametrize(
    "address", ["http://example.org/cat.jpg", "HTTP://example.org/a", "ftp://a/b.png", "file:///etc/passwd", "data://a"]
)
def test_other_schemes_are_refused_before_a_connection(monkeypatch, address):
    monkeypatch.delenv("NSTHELPERS_OFFLINE", raising=False)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    with pytest.raises(ValueError, match=f"^Cannot load '{address}': only https .* or save the picture"):
        load_image(address)


def test_no_host(monkeypatch):
    monkeypatch.delenv("NSTHELPERS_OFFLINE", raising=False)
    with pytest.raises(ConnectionError, match="Cannot download 'https://' .*save the picture"):
        load_image("https://")


def test_offline_no_socket_is_opened(monkeypatch):
    monkeypatch.setenv("NSTHELPERS_OFFLINE", "1")
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    with pytest.raises(
        ConnectionError, match="'https://example.org/cat.jpg' \\(NSTHELPERS_OFFLINE is set\\); save the"
    ):
        load_image("https://example.org/cat.jpg")


def test_a_run_takes_an_address_and_records_it(server):
    from nsthelpers import stylize

    address = f"{server.address}/cat.png"
    result = stylize(address, "marbling", size=32, steps=1, progress=False, scales=1)
    assert result.settings["content"] == address


def test_what_a_download_says_goes_to_stderr(server, tmp_path, capsys, monkeypatch):
    import hashlib
    import sys

    given = hashlib.sha256(PNG).hexdigest(), len(PNG), "the picture", "use another."
    downloads.download(f"{server.address}/cat.png", tmp_path / "a.png", *given)
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("Downloading the picture")
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw: the message is lost, not the file
    downloads.download(f"{server.address}/cat.png", tmp_path / "b.png", *given)
    assert (tmp_path / "b.png").read_bytes() == PNG and capsys.readouterr().out == ""
