"""Downloads over https: resumed after interruption, verified by digest, from several mirrors in turn."""

import http.client
import logging
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

from clm.provenance.command import UserError
from clm.provenance.files import read_json, sha256_file, write_json

log = logging.getLogger(__name__)
BLOCK = 2**20
# A connection is closed after TIMEOUT seconds without data, or below MIN_RATE bytes per second over that time
TIMEOUT = 60.0
MIN_RATE = 1000
PERMANENT_ERRORS = (400, 401, 403, 404, 405, 410, 451)


class RefusedError(Exception):
    """A failure for which a mirror is not tried again: no such file, wrong content, a redirect to plain http."""


class SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https only."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        """Return the request to the new address, the last argument."""
        if not arguments[-1].startswith("https://"):
            raise RefusedError(f"redirects to {arguments[-1]}, which is not https")
        return super().redirect_request(*arguments)


def fetch_url(mirrors: list[str], folder: Path, sha256: str | None, attempts: int = 4, pause: float = 2.0) -> Path:
    """Download from the first mirror that delivers the expected file, and return its path in `folder`.

    A partial download stays in `folder`. The next attempt or the next run resumes it if the server confirms (ETag,
    Last-Modified) that it is still the same file. Certificates are checked against those of the system, or of the
    environment variable SSL_CERT_FILE.

    Args:
        mirrors: https or file addresses of the same file.
        folder: for this source alone.
        sha256: the expected digest, or None if it is not known yet.
        attempts: rounds over all mirrors.
        pause: seconds to wait after the first round, doubled after each further one.

    Raises:
        UserError: a mirror is neither https nor file, or none delivers.
    """
    for url in mirrors:
        if not url.startswith(("https://", "file://")):
            raise UserError(f"{url}: only https and file addresses are fetched; change it under `sources:`")
    folder.mkdir(parents=True, exist_ok=True)
    left = {url: folder / str(number) for number, url in enumerate(mirrors)}
    reasons: dict[str, str] = {}
    for attempt in range(attempts):
        for url, target in list(left.items()):
            try:
                download(url, target, sha256 is not None)
                check_digest(target, sha256)
                return target
            except RefusedError as error:
                del left[url]
                reasons[url] = str(error)
            except (OSError, http.client.HTTPException) as error:
                reasons[url] = str(error) or type(error).__name__
            log.warning("%s: %s", url, reasons[url])
        if not left:
            break
        time.sleep(pause * 2**attempt)
    failures = "; ".join(f"{url}: {reason}" for url, reason in reasons.items())
    raise UserError(f"no mirror delivered ({failures}); check the network and the addresses under `sources:`")


def check_digest(target: Path, sha256: str | None) -> None:
    """Raise RefusedError, and delete the file, when it is not the expected one."""
    if sha256 and (digest := sha256_file(target)) != sha256:
        discard(target)
        raise RefusedError(f"sha256 is {digest}, expected {sha256}; nothing was kept")


def discard(target: Path) -> None:
    """Delete a partial download and its record."""
    target.unlink(missing_ok=True)
    note(target).unlink(missing_ok=True)


def note(target: Path) -> Path:
    """Return the file with the address and the validator of a partial download."""
    return target.with_name(f"{target.name}.json")


def validator_of(answer: Any) -> str | None:
    """Return the validator of the file version that a server sends: a strong ETag or the modification time."""
    tag = answer.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified")


def partial(url: str, target: Path) -> tuple[int, str | None]:
    """Return the size in bytes of a partial download that can be resumed, and its validator."""
    if not (target.exists() and note(target).exists()):
        return 0, None
    record = read_json(note(target))
    usable = record["url"] == url and record["validator"]
    return (target.stat().st_size, record["validator"]) if usable else (0, None)


def download(url: str, target: Path, digest_known: bool) -> None:
    """Complete `target`: download the missing part if the server supports that, else the whole file.

    Raises:
        RefusedError: the server does not have the file.
        OSError, HTTPException: a failure that may not recur at the next attempt.
    """
    have, validator = partial(url, target)
    headers = {"Range": f"bytes={have}-", "If-Range": validator} if have else {}
    opener = urllib.request.build_opener(SecureRedirects)
    try:
        answer = opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            discard(target)  # longer than the file is now
        if error.code in PERMANENT_ERRORS or error.code < 400:
            raise RefusedError(f"{error.code} {error.reason}") from error
        raise
    with answer:
        resumed = answer.status == 206
        if resumed and not continues(answer, have, validator):
            discard(target)
            raise OSError("answered with another part than was asked for; starts over")
        if not resumed:
            have = 0
            write_json(note(target), {"url": url, "validator": validator_of(answer)})
        length = length_of(answer)
        if length is None and not digest_known:
            raise RefusedError("tells no length, so nobody could tell a cut transfer; state its sha256")
        expected = None if length is None else have + length
        with target.open("ab" if resumed else "wb") as out:
            log.info("%s: %s from byte %d", url, "resumed" if resumed else "started", have)
            receive(answer, out)
    size = target.stat().st_size
    if expected is not None and size != expected:
        raise OSError(f"cut off after {size} of {expected} bytes")


def length_of(answer: Any) -> int | None:
    """Return the length in bytes that a response states; for a file address only its headers do."""
    told = getattr(answer, "length", None) or answer.headers.get("Content-Length")
    return None if told is None else int(told)


def continues(answer: Any, have: int, validator: str | None) -> bool:
    """Return whether a response continues the partial download: from that byte on, of the same version."""
    begins = (answer.headers.get("Content-Range") or "").startswith(f"bytes {have}-")
    return begins and validator_of(answer) in (None, validator)


def receive(answer: Any, out: IO[bytes]) -> None:
    """Copy a response to a file; raises OSError if it arrives too slowly."""
    if not hasattr(answer, "read1"):
        shutil.copyfileobj(answer, out, BLOCK)
        return
    began, received = time.monotonic(), 0
    while block := answer.read1(BLOCK):
        out.write(block)
        received += len(block)
        passed = time.monotonic() - began
        if passed > TIMEOUT:
            if received < MIN_RATE * passed:
                raise OSError(f"too slow: {received} bytes in {passed:.0f} s")
            began, received = time.monotonic(), 0
