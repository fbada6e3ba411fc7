"""Addresses as pictures, against a server on loopback that lies; and what downloads print."""

import io
import socket
import time

import numpy as np
import pytest
from PIL import Image

from nsthelpers import load_image
from nsthelpers.files import downloads


def png():
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


PNG = png()


@pytest.fixture
def server(lying_server, monkeypatch):
    lying_server.body = PNG
    monkeypatch.setattr(downloads, "PICTURE_SECONDS", 1.0)
    monkeypatch.setattr(downloads, "PICTURE_SIZE", 100_000)
    return lying_server


def test_an_address_is_a_picture_and_nothing_is_kept(server, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    expected = load_image(PNG, device="cpu")
    server.target = f"{server.address}/cat.png"
    for name in ("cat.png", "cat.png?width=60", "redirect", "without an ending"):
        assert (load_image(f"{server.address}/{name}", device="cpu") == expected).all()
    assert load_image(f"{server.address}/cat.png", 30, device="cpu").shape == (1, 3, 20, 30)
    assert list(tmp_path.iterdir()) == [] and capfd.readouterr() == ("", "")
    assert {agent.partition(" ")[0] for agent in server.agents} == {"nsthelpers"}


TRICKS = {
    "forbidden": (ConnectionError, "the server answered with the status 403"),
    "lies": (ConnectionError, "broke off"),
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
