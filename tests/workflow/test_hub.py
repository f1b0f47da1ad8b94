"""A made-up hub on loopback: a model is fetched once, by a local job, at its revision; then no network is needed."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from clm.transfer.external_models import model_features
from encoders_elsewhere import SMILES, made
from snakemake_runs import ROOT, copy_workflow, snakemake

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "owner/made"
EXTRA = {"README.md": b"a card", "training_args.bin": b"pickled", "pytorch_model.bin": b"older", "code.py": b"raise"}


def told(name, data):
    """What a hub tells of a file."""
    digest = hashlib.sha1(data).hexdigest()
    return {"rfilename": name, "type": "file", "path": name, "size": len(data), "oid": digest}


@pytest.fixture
def hub(tmp_path):
    """A hub with one model at the revision v1, its files, and the requests that it got."""
    folder, asked = tmp_path / "there", []
    folder.mkdir()
    made(folder)
    content = {path.name: path.read_bytes() for path in folder.iterdir()} | EXTRA
    about = {name: told(name, data) for name, data in content.items()}

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            asked.append(self.path)
            path = self.path.split("?")[0]
            if path in (f"/api/models/{NAME}/revision/{ref}" for ref in ("v1", COMMIT)):
                answer = {"id": NAME, "sha": COMMIT, "siblings": list(about.values())}
                return 200, json.dumps(answer).encode(), {"Content-Type": "application/json"}
            if path.startswith(f"/api/models/{NAME}/tree/{COMMIT}"):
                return 200, json.dumps(list(about.values())).encode(), {"Content-Type": "application/json"}
            name = path.removeprefix(f"/{NAME}/resolve/{COMMIT}/")
            if name in content:
                marks = {"ETag": f'"{about[name]["oid"]}"', "X-Repo-Commit": COMMIT}
                return 200, content[name], marks
            return 404, b"", {"X-Error-Code": "RevisionNotFound"}

        def do_GET(self):
            status, data, headers = self.answer()
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
    yield f"http://127.0.0.1:{running.server_port}", content, asked
    running.shutdown()


def fetch(address, folder, revision):
    """Run the script of the job."""
    options = ["--settings", json.dumps({"model": NAME, "revision": revision})]
    options += ["--files", str(folder / "files"), "--record", str(folder / "record.json")]
    call = [sys.executable, "scripts/transfer/fetch_model.py", *options]
    environment = os.environ | {"HF_ENDPOINT": address, "PYTHONPATH": str(ROOT / "scripts"), "HF_HUB_DISABLE_XET": "1"}
    return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_model_is_fetched_at_its_revision_with_the_digests_of_its_files(hub, tmp_path):
    address, content, asked = hub
    done = fetch(address, tmp_path, "v1")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "record.json").read_text())
    assert {key: record[key] for key in ("model", "revision", "commit", "endpoint")} == {
        "model": NAME,
        "revision": "v1",
        "commit": COMMIT,
        "endpoint": address,
    }
    kept = {name: data for name, data in content.items() if name not in EXTRA}
    assert record["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()}
    assert {path.name for path in (tmp_path / "files").iterdir()} == set(kept)
    before = len(asked)
    features, _ = model_features(SMILES, {"model": str(tmp_path / "files"), "revision": "v1"}, "made")
    theirs, _ = model_features(SMILES, {"model": str(tmp_path / "there")}, "made")
    assert (features == theirs).all() and len(asked) == before


def test_an_unknown_revision_is_one_line_and_leaves_nothing(hub, tmp_path):
    done = fetch(hub[0], tmp_path, "v2")
    line = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and line.startswith(f"Error: {NAME} at v2 cannot be fetched from {hub[0]}")
    assert not (tmp_path / "files").exists() and not (tmp_path / "record.json").exists()


@pytest.mark.slow
def test_the_workflow_fetches_once_and_for_all_entries_of_a_model(hub, tmp_path, monkeypatch):
    address, _, asked = hub
    monkeypatch.setenv("HF_ENDPOINT", address)
    folder = copy_workflow(tmp_path / "clone")
    entry = {"model": NAME, "revision": "v1"}
    overlay = {"external_models": {"made": entry, "twin": entry | {"untrained_seed": 0}}}
    (folder / "hub.yaml").write_text(yaml.safe_dump(overlay))
    call = ("--configfile", "studies/tiny.yaml", "hub.yaml", "--", "results/hub/owner--made@v1/record.json")
    done = snakemake(folder, *call)
    assert done.returncode == 0, done.stdout[-3000:]
    record = json.loads((folder / "results/hub/owner--made@v1/record.json").read_text())
    assert record["commit"] == COMMIT
    before = len(asked)
    assert "Nothing to be done" in snakemake(folder, *call).stdout and len(asked) == before
