"""Downloads: over https, of a known size and SHA-256; the file is there whole and verified, or not at all."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

SCHEMES = ("https://",)
TIMEOUT = 20.0  # seconds without a byte after which the server is given up
SLOWEST = 1000  # bytes a second, on average; a server that trickles slower than that is given up too


def download(url: str, target: Path, sha256: str, size: int, title: str, remedy: str) -> None:
    """Download `url` to `target`, unless the file with that SHA-256 (hexadecimal) is there already.

    At most `size` bytes are taken, and no redirection leads away from https. Several processes may do so at once: each
    puts the whole file in its place. `title` names it to the user, and `remedy` ends the message of the ConnectionError
    that is raised when the server cannot be reached, sends another file, or too much, or too slowly, and when
    NSTHELPERS_OFFLINE=1 forbids to try.

    >>> import hashlib, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> length = path.write_bytes(b"here")
    >>> download("https://example.org/a.txt", path, hashlib.sha256(b"here").hexdigest(), 4, "a text", "write one.")
    """
    import pooch
    import requests
    import urllib3

    def fetch(address: str, output: str, _pooch: object) -> None:
        # A session that knows no other way than https refuses what redirects elsewhere, to http:// or to file://.
        with requests.Session() as session:
            session.adapters.clear()
            for scheme in SCHEMES:
                session.mount(scheme, requests.adapters.HTTPAdapter())
            _stream(session, address, output, size)

    if target.is_file() and pooch.file_hash(str(target)) == sha256:
        return
    if os.environ.get("NSTHELPERS_OFFLINE", "0") not in ("", "0"):
        raise ConnectionError(f"Cannot download {title} (NSTHELPERS_OFFLINE is set); {remedy}")
    with suppress(AttributeError, OSError):  # no stderr, or a closed one
        sys.stderr.write(f"Downloading {title} ({size // 1000} kB), once, to {target.parent}\n")
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=target.name, path=target.parent, downloader=fetch)
    except Exception as problem:
        if isinstance(problem, requests.exceptions.InvalidSchema):
            reason = "the address is not https, or leads away from it"
        elif isinstance(problem, requests.exceptions.HTTPError):
            reason = f"the server answers with the status {problem.response.status_code}"
        elif isinstance(problem, (requests.RequestException, urllib3.exceptions.HTTPError)):
            reason = "no connection, or it broke off"
        elif isinstance(problem, ValueError):  # pooch's for a wrong hash
            reason = "the file that came is not the one expected"
        else:  # too long, too slow; no permission, disk full
            reason = " ".join(str(problem).split())
        raise ConnectionError(f"Cannot download {title} ({reason}); {remedy}") from problem


def _stream(session: object, address: str, output: str, size: int) -> None:
    """Write what the server sends to a file; raise OSError as soon as it is too much or comes too slowly."""
    from tqdm.auto import tqdm

    began, received = time.monotonic(), 0
    # Unpacked, "identity", so that the bytes counted are those of the file.
    headers = {"Accept-Encoding": "identity"}
    with session.get(address, stream=True, timeout=TIMEOUT, headers=headers) as response, open(output, "wb") as file:
        response.raise_for_status()
        with tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=size < 20e6) as bar:
            # read1 returns what has come so far; read would wait for the last byte of a piece, however slow.
            while piece := response.raw.read1(65536):
                received += len(piece)
                if received > size:
                    raise OSError(f"the server sends more than the {size} bytes of the file")
                if received < SLOWEST * (time.monotonic() - began - TIMEOUT):
                    raise OSError("the server sends too slowly")
                file.write(piece)
                bar.update(len(piece))
