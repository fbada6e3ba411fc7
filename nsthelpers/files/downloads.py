"""Downloads over https, limited in size and time and verified, or refused."""

from __future__ import annotations

import io
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

SCHEMES = ("https://",)
TIMEOUT = 20.0  # seconds without a byte before we give up
SLOWEST = 1000  # bytes per second, on average; we give up on a server that is slower
PICTURE_SIZE, PICTURE_SECONDS = 64 * 2**20, 120.0  # limits for a picture from an address, in bytes and seconds


def download(url: str, target: Path, sha256: str, size: int, title: str, remedy: str) -> None:
    """Download `url` to `target`, unless the file with that SHA-256 (hexadecimal) is there already.

    At most `size` bytes are accepted, and no redirect may leave https. Several processes may do so at once: each moves a
    whole file into place. `title` names it to the user, and `remedy` ends the message of the ConnectionError
    that is raised when the server cannot be reached, sends another file, or too much, or too slowly, and when
    NSTHELPERS_OFFLINE=1 forbids downloads.
    """
    import pooch

    def fetch(address: str, output: str, _pooch: object) -> None:
        with open(output, "wb") as file:
            _stream(address, file, size, shown=size >= 20e6)

    if target.is_file() and pooch.file_hash(str(target)) == sha256:
        return
    with _guarded(title, remedy):
        with suppress(Exception):  # a closed stderr does not cost the download; stdout is for results
            sys.stderr.write(f"Downloading {title} ({size // 1000} kB), once, to {target.parent}\n")
        pooch.get_logger().setLevel("WARNING")
        pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=target.name, path=target.parent, downloader=fetch)


def fetch_picture(address: str) -> bytes:
    """Return the bytes at an https address, at most 64 MB in two minutes, with the guards of `download`; keep no file.

    Raises ValueError for another scheme (anybody on the way can change what http brings) and ConnectionError.
    """
    remedy = "save the picture and give its file."
    if not address.lower().startswith(SCHEMES):
        raise ValueError(
            f"Cannot load {address!r:.200}: only https is safe from changes on the way; use https://, or {remedy}"
        )
    file = io.BytesIO()
    with _guarded(f"{address!r:.200}", remedy):
        _stream(address, file, PICTURE_SIZE, PICTURE_SECONDS)
    return file.getvalue()


@contextmanager
def _guarded(title: str, remedy: str) -> Iterator[None]:
    """Forbid the block when offline, and turn whatever goes wrong in it into a ConnectionError of one sentence."""
    import requests
    import urllib3

    if os.environ.get("NSTHELPERS_OFFLINE", "0") not in ("", "0"):
        raise ConnectionError(f"Cannot download {title} (NSTHELPERS_OFFLINE is set); {remedy}")
    try:
        yield
    except Exception as problem:
        if isinstance(problem, requests.exceptions.InvalidSchema):
            reason = "the address is not https, or leads away from it"
        elif isinstance(problem, requests.exceptions.HTTPError):
            reason = f"the server answered with the status {problem.response.status_code}"
        elif isinstance(problem, (requests.RequestException, urllib3.exceptions.HTTPError)):
            reason = "the connection failed or broke off"
        elif isinstance(problem, ValueError):  # pooch's for a wrong hash
            reason = "the file received is not the one expected"
        else:  # too long, too slow; no permission, disk full
            reason = " ".join(str(problem).split())
        raise ConnectionError(f"Cannot download {title} ({reason}); {remedy}") from problem


def _stream(address: str, file: BinaryIO, size: int, seconds: float = math.inf, shown: bool = False) -> None:
    """Write what the server sends to a file; raise OSError as soon as it is too much or too slow."""
    import requests
    from tqdm.auto import tqdm

    began, received, bar = time.monotonic(), 0, None
    with suppress(Exception):  # a bar that cannot be shown does not cost the download
        bar = tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=not shown)
    # Unpacked, "identity", so that the bytes counted are those of the file.
    headers = {"Accept-Encoding": "identity", "User-Agent": "nsthelpers (a course in neural style transfer)"}
    # A session that only knows https refuses redirects to http:// or file://.
    with requests.Session() as session:
        session.adapters.clear()
        for scheme in SCHEMES:
            session.mount(scheme, requests.adapters.HTTPAdapter())
        with session.get(address, stream=True, timeout=TIMEOUT, headers=headers) as response:
            response.raise_for_status()
            # read1 returns what has come so far; read would wait for the last byte of a piece, however slow.
            while piece := response.raw.read1(65536):
                received, elapsed = received + len(piece), time.monotonic() - began
                if received > size:
                    raise OSError(f"the server sends more than the {size} bytes allowed")
                if received < SLOWEST * (elapsed - TIMEOUT) or elapsed > seconds:
                    raise OSError("the server sends too slowly")
                file.write(piece)
                with suppress(Exception):
                    bar.update(len(piece))
    with suppress(Exception):
        bar.close()
