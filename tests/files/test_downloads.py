"""Downloads: nothing is used that is not the file expected, and nothing is asked for when offline."""

import hashlib
import os
import socket
import sys
import time
from pathlib import Path

import pytest
import torch

from nsthelpers import load_backbone, load_image
from nsthelpers.files import downloads, weights
from nsthelpers.files.downloads import download

sys.path.insert(0, str(Path(__file__).parents[1]))
from corpus import THOROUGH, record

FILE = bytes(range(256)) * 400
SHA256 = hashlib.sha256(FILE).hexdigest()


@pytest.fixture
def server(lying_server, monkeypatch):
    lying_server.body = FILE
    monkeypatch.setattr(downloads, "SLOWEST", 20_000)
    return lying_server


def get(server, trick, folder):
    download(f"{server.address}/{trick}.bin", folder / "a.bin", SHA256, len(FILE), "the file", "use another.")


TRICKS = {
    "truncated": "broke off",
    "stalls": "broke off",
    "trickles": "too slowly",
    "lies": "broke off",
    "less": "not the one expected",
    "more": "more than the 102400 bytes",
    "page": "not the one expected",
    "changed": "not the one expected",
    "missing": "status 404",
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_server_that_plays_tricks_is_refused_with_one_sentence(server, tmp_path, trick):
    began = time.monotonic()
    with pytest.raises(
        ConnectionError, match=f"Cannot download the file \\(.*{TRICKS[trick]}.*\\); use another."
    ) as caught:
        get(server, trick, tmp_path)
    assert "\n" not in str(caught.value) and time.monotonic() - began < 5
    assert not list(tmp_path.iterdir())
    get(server, "without", tmp_path)  # the next try, from an honest server, succeeds
    assert (tmp_path / "a.bin").read_bytes() == FILE


REDIRECTIONS = [
    "http://127.0.0.2/a",
    "http://localhost/a",
    "file:///etc/passwd",
    "ftp://127.0.0.1/a",
    "data:,a",
    "gopher://a",
]


@pytest.mark.parametrize("target", REDIRECTIONS)
def test_no_redirection_leads_away(server, tmp_path, target):
    server.target = target
    with pytest.raises(ConnectionError, match="not https, or leads away"):
        get(server, "redirect", tmp_path)
    assert server.asked == ["/redirect.bin"] and not list(tmp_path.iterdir())


def test_a_redirection_that_never_ends(server, tmp_path):
    server.target = f"{server.address}/redirect.bin"
    with pytest.raises(ConnectionError, match="Cannot download the file"):
        get(server, "redirect", tmp_path)
    assert not list(tmp_path.iterdir())
    record("downloads", f"{len(TRICKS) + len(REDIRECTIONS) + 1} tricks of a server", "each refused with one sentence")


@pytest.mark.parametrize(
    "address", ["http://example.org/a", "file:///etc/passwd", "ftp://example.org/a", "/etc/passwd"]
)
def test_only_https(tmp_path, address, monkeypatch):
    monkeypatch.delenv("NSTHELPERS_OFFLINE", raising=False)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    with pytest.raises(ConnectionError, match="Cannot download"):
        download(address, tmp_path / "a", SHA256, 9, "it", "use another.")
    assert all(url.startswith("https://") for url, *_ in weights.VGG_FILES.values())


def test_a_damaged_file_in_the_cache_is_replaced_and_a_good_one_is_not_asked_for(server, tmp_path):
    (tmp_path / "a.bin").write_bytes(FILE[:-5])
    get(server, "good", tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == FILE
    get(server, "good", tmp_path)
    assert server.asked == ["/good.bin"]


CHILD = """
from nsthelpers.files import downloads
downloads.SCHEMES = ("https://", address)
downloads.download(f"{address}/trickles.bin", target, sha256, size, "the file", "use another.")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no server that forks")
def test_two_processes_at_once_leave_one_good_file(server, tmp_path, clean_processes):
    count, target = 20 if THOROUGH else 2, tmp_path / "a.bin"
    names = {"address": server.address, "target": target, "sha256": SHA256, "size": len(FILE)}
    for _ in range(count):
        target.unlink(missing_ok=True)
        server.released.clear()
        both = [clean_processes.Process(target=exec, args=(CHILD, names)) for _ in range(2)]
        wanted, latest = len(server.asked) + 2, time.monotonic() + 60
        for process in both:
            process.start()
        while len(server.asked) < wanted and time.monotonic() < latest:
            time.sleep(0.01)
        server.released.set()  # both are in the midst of it: now the rest, at once
        for process in both:
            process.join(60)
            process.kill()
        assert [process.exitcode for process in both] == [0, 0]
        assert target.read_bytes() == FILE and len(list(tmp_path.iterdir())) == 1
    record("two downloads at once", f"{count} pairs of processes", "one good file each time")


def test_offline_never_opens_a_socket(monkeypatch, tmp_path):
    """Everything that could download, with a socket that fails the test; and the bundled things work."""
    monkeypatch.setenv("NSTHELPERS_OFFLINE", "1")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    for name in ("VGG16", "VGG19"):
        monkeypatch.delenv(f"NSTHELPERS_{name}", raising=False)
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    for name in weights.VGG_FILES:
        with pytest.raises(ConnectionError, match="NSTHELPERS_OFFLINE is set.*'mini'"):
            load_backbone(name)
    assert load_image("starry_night", 32).shape[-1] == 32 and load_backbone("mini").name == "mini"
    record("offline", f"{len(weights.VGG_FILES)} networks", "no socket is opened")
