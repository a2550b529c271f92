"""What a refused call is answered: the management API's error document."""

from __future__ import annotations

from funchost.errors import FuncHostError, RefusedError
from funchost.http.reply import Reply, json_reply


def refusal(code: str, message: str, status: int) -> Reply:
    """Return ``{"error": {"code", "message"}}``."""
    return json_reply({"error": {"code": code, "message": message}}, status)


def refused(error: FuncHostError) -> Reply:
    """Return the answer to a call that could not be done; the hint stands in the message, clients show no more."""
    if isinstance(error, RefusedError):
        return refusal(error.code, error.text, error.status)
    return refusal("OperationFailed", error.text, 500)


def missing_route(method: str, path: str, verbs: frozenset[str]) -> Reply:
    """Return 404, or 405 where the path takes other verbs."""
    if not verbs:
        return refusal("ResourceNotFound", f"There is no {path} here.", 404)
    reply = refusal("MethodNotAllowed", f"{path} does not take {method}, but {', '.join(sorted(verbs))}.", 405)
    reply.headers.append((b"allow", ", ".join(sorted(verbs)).encode()))
    return reply
