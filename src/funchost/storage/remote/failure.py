"""What goes wrong with a request to a storage service, as errors of funchost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from xml.etree.ElementTree import ParseError

from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.remote.retry import FAULTS
from funchost.storage.remote.xml_text import parse_xml

UNSURE = "The operation may have happened all the same."
"""Hint of a failed call that cannot be done twice."""

SKEW_LIMIT = 300.0
"""Seconds between this machine's clock and the service's that are worth a hint; the service tolerates 15 minutes."""


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, setting: str, now: float) -> StorageError:
    """Return the error that an answer of the service stands for.

    Args:
        setting: name of the setting that the connection came from; named where the credential is at fault.
        now: seconds since 1970, by this machine's clock.
    """
    code, message = _code_and_message(status, headers, body)
    if status in FAULTS:
        return StorageUnavailableError(code, message, status)
    return StorageError(code, message, status, hint=_hint(status, headers, setting, now))


def unreachable(url: str, reason: str) -> StorageUnavailableError:
    """Return the error for a service that gave no answer.

    Args:
        url: base URL of the service, which holds no secret.
    """
    return StorageUnavailableError("ServiceUnreachable", f"{url} cannot be reached: {reason}", 503)


def not_a_service(url: str, status: int) -> StorageUnavailableError:
    """Return the error for an answer that no storage service gives, e.g. the page of a network that wants a login."""
    return StorageUnavailableError(
        "UnexpectedAnswer", f"{url} answered {status}, but not as a storage service does.", 502
    )


def too_long(url: str, longest: int) -> StorageUnavailableError:
    """Return the error for an answer that goes on for longer than what was asked for can take."""
    return StorageUnavailableError(
        "UnexpectedAnswer", f"{url} sent an answer of more than {longest:,} bytes; the rest was not read.", 502
    )


@contextmanager
def about_answer(url: str) -> Iterator[None]:
    """What is read meanwhile came from a service; that it makes no sense is a fault of the service.

    Raises:
        StorageUnavailableError: in place of the errors that reading it raises.
    """
    try:
        yield
    except (ParseError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise StorageUnavailableError(
            "UnexpectedAnswer", f"{url} sent an answer that makes no sense: {str(error)[:200]}.", 502
        ) from error


def _code_and_message(status: int, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    code = headers.get("x-ms-error-code", "")
    message = ""
    start = body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start == b"<":
        xml_code, message = _from_xml(body)
        code = code or xml_code
    elif start == b"{":
        json_code, message = _from_json(body)
        code = code or json_code
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    message = message.strip().partition("\n")[0].strip()  # the lines after it hold a request id and a time
    return code or phrase.title().replace(" ", ""), message or f"The service answered {status} {phrase}."


def _from_xml(body: bytes) -> tuple[str, str]:
    try:
        root = parse_xml(body)
    except ParseError:
        return "", ""
    return (root.findtext("Code") or "", root.findtext("Message") or "") if root.tag == "Error" else ("", "")


def _from_json(body: bytes) -> tuple[str, str]:
    try:
        error: Any = json.loads(body)["odata.error"]
        return str(error.get("code", "")), str(error.get("message", {}).get("value", ""))
    except (ValueError, KeyError, AttributeError):
        return "", ""


def _hint(status: int, headers: Mapping[str, str], setting: str, now: float) -> str | None:
    if status not in (401, 403):
        return None
    try:
        skew = now - parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except ValueError:
        skew = 0.0
    if abs(skew) > SKEW_LIMIT:
        direction = "ahead of" if skew > 0 else "behind"
        return f"The clock of this machine is {abs(skew) / 60:.0f} minutes {direction} the service's; set it right."
    return f"Check the credential in the setting {setting}, and what it is allowed to do." if setting else None
