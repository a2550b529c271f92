"""What a server's refusal becomes: an error with its cause and what to do."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from funchost.errors import RefusedError

LONGEST_TEXT = 4000


def refusal(status: int, body: bytes, url: str) -> RefusedError:
    """Return the error for an answer from 300 on.

    Args:
        status: of the answer.
        body: the management calls' ``{"error": {"code", "message"}}``, the SCM API's ``{"Message"}``, or text.
        url: what was called.
    """
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    code, said = _read(body)
    if status == 401:
        return RefusedError(
            code or "Unauthorized",
            f"{where} does not accept the credential (401){_tail(said)}.",
            status,
            hint="Check the token (--access-token-stdin, servers.json) or the publish profile; tokens expire.",
        )
    if status == 403:
        return RefusedError(code or "Forbidden", f"{where} does not allow this call (403){_tail(said)}.", status)
    if status < 400:
        return RefusedError("Redirected", f"{where} answers with a redirect ({status}).", status)
    if said:
        return RefusedError(code or str(status), said, status)
    return RefusedError(code or str(status), f"{where}{parts.path} answered {status}.", status)


def _read(body: bytes) -> tuple[str, str]:
    text = body[: LONGEST_TEXT * 4].decode("utf-8", "replace").strip()
    try:
        document = json.loads(text)
    except ValueError:
        # A page of a proxy is no message.
        return "", "" if text.startswith("<") else text[:LONGEST_TEXT]
    if not isinstance(document, dict):
        return "", str(document)[:LONGEST_TEXT]
    inner = document.get("error", document)
    if isinstance(inner, str):
        return "", inner[:LONGEST_TEXT]
    named = {str(key).lower(): value for key, value in inner.items()} if isinstance(inner, dict) else {}
    said = named.get("message") or named.get("exceptionmessage") or ""
    return str(named.get("code") or ""), str(said)[:LONGEST_TEXT]


def _tail(said: str) -> str:
    return f": {said.rstrip('.')}" if said else ""
