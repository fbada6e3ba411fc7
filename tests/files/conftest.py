"""A server on loopback that lies, for what is downloaded."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nsthelpers.files import downloads

LOOPBACK = "http://127.0.0.1:"


class Handler(BaseHTTPRequestHandler):
    """The path, without its ending, says how to lie about `server.body`; any other path is answered honestly."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        server.agents.add(self.headers["User-Agent"])
        trick = self.path.split("?")[0].strip("/").split(".")[0]
        if trick == "redirect":
            self.send_response(302)
            self.send_header("Location", server.target)
            self.end_headers()
            return
        bodies = {"page": b"<!doctype html><p>log in", "empty": b"", "half": server.body[: len(server.body) // 2]}
        bodies |= {"changed": server.body[:-1] + b"!", "more": server.body * 3}
        body = bodies.get(trick, server.body)
        self.send_response({"forbidden": 403, "missing": 404}.get(trick, 200))
        self.send_header("Content-Type", "image/png")
        if trick not in ("without", "more", "endless"):
            self.send_header("Content-Length", str(int(len(body) * {"lies": 2, "less": 0.5}.get(trick, 1))))
        self.end_headers()
        try:
            if trick == "truncated":
                self.wfile.write(body[: len(body) // 2])
            elif trick == "endless":
                while not server.released.is_set():
                    self.wfile.write(body * 9)
            elif trick in ("stalls", "trickles"):
                for place in range(0, len(body), 64):
                    self.wfile.write(body[place : place + 64])
                    self.wfile.flush()
                    server.released.wait(0.05 if trick == "trickles" else 10)
            else:
                self.wfile.write(body)
        except OSError:
            pass  # the client has gone away, as it should

    def log_message(self, *_):
        pass


@pytest.fixture
def lying_server(monkeypatch):
    """Return the server, trusted for this test: `body` is what it has, `target` where it redirects to, `asked` the paths
    and `agents` the programs that have asked; once `released` is set, it answers without delay."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.asked, http.agents, http.body, http.target = [], set(), b"", ""
    http.released, http.daemon_threads = threading.Event(), True
    http.address = f"{LOOPBACK}{http.server_port}"
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()  # seconds until it sees the shutdown
    monkeypatch.setattr(downloads, "SCHEMES", ("https://", LOOPBACK))
    monkeypatch.setattr(downloads, "TIMEOUT", 1.5)  # a busy machine can take half a second to answer
    monkeypatch.delenv("NSTHELPERS_OFFLINE", raising=False)
    yield http
    http.released.set()
    http.shutdown()
    http.server_close()
