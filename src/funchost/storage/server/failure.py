"""Errors as the services answer them: XML for blobs and queues, JSON for tables. Pure."""

from __future__ import annotations

import json
import re

from funchost.errors import StorageError
from funchost.storage.server.exchange import ServiceName, StorageReply
from funchost.storage.server.refusal import Refusal, refusal
from funchost.storage.server.xml_document import document, leaf

_NOT_HEADER = re.compile(r"[^A-Za-z0-9]")


def fault_reply(service: ServiceName, request_id: str, moment: str) -> StorageReply:
    """Return the answer to a request that this store has failed at."""
    return failure_reply(refusal("InternalError"), service, request_id, moment)


def failure_reply(error: StorageError, service: ServiceName, request_id: str, moment: str) -> StorageReply:
    """Return the answer that tells of an error.

    Args:
        moment: the time in ISO 8601 form.
    """
    code = _NOT_HEADER.sub("", error.code)
    headers = {"x-ms-error-code": code}
    details: dict[str, str] = {}
    if isinstance(error, Refusal):
        headers.update(error.headers)
        details = error.details
    if error.status == 304:
        return StorageReply(304, headers)
    message = f"{error.reason}\nRequestId:{request_id}\nTime:{moment}"
    if service == "table":
        headers["content-type"] = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
        return StorageReply(error.status, headers, _json_body(code, message, details))
    headers["content-type"] = "application/xml"
    elements = "".join(leaf(name, value) for name, value in details.items())
    body = document(f"<Error>{leaf('Code', code)}{leaf('Message', message)}{elements}</Error>")
    return StorageReply(error.status, headers, body)


def _json_body(code: str, message: str, details: dict[str, str]) -> bytes:
    if details:
        told = "\n".join(f"{name}:{value}" for name, value in details.items())
        message = f"{message}\n{told}"
    error = {"code": code, "message": {"lang": "en-US", "value": message}}
    return json.dumps({"odata.error": error}, ensure_ascii=False).encode("utf-8", "replace")
