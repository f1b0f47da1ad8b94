"""A made-up hub on loopback with models at one revision."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
Models = dict[str, dict[str, bytes]]  # files of each id


def told(name: str, data: bytes) -> dict:
    """What a hub tells of a file."""
    digest = hashlib.sha1(data).hexdigest()
    return {"rfilename": name, "type": "file", "path": name, "size": len(data), "oid": digest}


def answer(models: Models, path: str) -> tuple[int, bytes, dict]:
    """Status, body and headers for a path."""
    for model, content in models.items():
        about = {name: told(name, data) for name, data in content.items()}
        if path in (f"/api/models/{model}/revision/{ref}" for ref in ("v1", COMMIT)):
            found = {"id": model, "sha": COMMIT, "siblings": list(about.values())}
            return 200, json.dumps(found).encode(), {"Content-Type": "application/json"}
        if path.startswith(f"/api/models/{model}/tree/{COMMIT}"):
            return 200, json.dumps(list(about.values())).encode(), {"Content-Type": "application/json"}
        name = path.removeprefix(f"/{model}/resolve/{COMMIT}/")
        if name in content:
            return 200, content[name], {"ETag": f'"{about[name]["oid"]}"', "X-Repo-Commit": COMMIT}
    return 404, b"", {"X-Error-Code": "RevisionNotFound"}


@contextmanager
def made_hub(models: Models) -> Iterator[tuple[str, list[str]]]:
    """Serve models; yield the address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, data, headers = answer(models, self.path.split("?")[0])
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", asked
    finally:
        running.shutdown()
