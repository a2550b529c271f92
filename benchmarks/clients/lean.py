"""A client that costs little: prepared and signed requests over kept-open connections, answers hardly looked at."""

from __future__ import annotations

import base64
import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit

from funchost.storage.shared_key import authorization, shared_key_text, table_text

KIB = bytes(1024)
MIB = bytes(1024 * 1024)
CONNECTIONS = 8
NAMES = 16
VERSIONS = {"blob": "2021-12-02", "queue": "2021-12-02", "table": "2019-02-02"}
MESSAGE = b"<QueueMessage><MessageText>bm8tb3A=</MessageText></QueueMessage>"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RECEIPT = re.compile(rb"<MessageId>(.+?)</MessageId>.*<PopReceipt>(.+?)</PopReceipt>", re.DOTALL)


class LeanClient:
    """Runs operations over `CONNECTIONS` connections, one call at a time on each.

    Args:
        number: of this client; names its queue and its entities.
    """

    def __init__(self, connection_string: str, number: int) -> None:
        parts = dict(part.split("=", 1) for part in connection_string.split(";") if part)
        self._account = parts["AccountName"]
        self._key = base64.b64decode(parts["AccountKey"])
        self._base = {service: urlsplit(parts[f"{service.title()}Endpoint"]) for service in VERSIONS}
        self._queue = f"lean-{number}"
        self._number = number
        self._receipts: list[tuple[str, str]] = []
        self._inserted = 0

    async def prepare(self) -> None:
        """Make container, queue and table, which may be there."""
        for service, request in (
            ("blob", self._request("blob", "PUT", "/lean", "restype=container")),
            ("queue", self._request("queue", "PUT", f"/{self._queue}")),
            ("table", self._request("table", "POST", "/Tables", body=b'{"TableName": "lean"}')),
        ):
            self._send_all(service, [request], {201, 204, 409})

    async def run(self, operation: str, count: int) -> tuple[int, float]:
        """Do it `count` times; returns that and the seconds."""
        service = operation.partition(" ")[0]
        requests = list(self._requests(operation, count))
        begin = time.perf_counter()
        answers = self._send_all(service, requests, {200, 201, 204}, keep=operation == "queue get")
        seconds = time.perf_counter() - begin
        for answer in answers:
            if found := RECEIPT.search(answer):
                self._receipts.append((found[1].decode(), found[2].decode()))
        return len(requests), seconds

    async def close(self) -> None:
        """Nothing is kept open."""

    def _requests(self, operation: str, count: int) -> Iterator[bytes]:
        make: Callable[[int], bytes] = {
            "blob put 1 KiB": lambda at: self._blob("PUT", f"small-{at % NAMES}", KIB),
            "blob get 1 KiB": lambda at: self._blob("GET", f"small-{at % NAMES}"),
            "blob put 1 MiB": lambda at: self._blob("PUT", f"large-{at % NAMES}", MIB),
            "blob get 1 MiB": lambda at: self._blob("GET", f"large-{at % NAMES}"),
            "queue put": lambda at: self._request("queue", "POST", f"/{self._queue}/messages", body=MESSAGE),
            "queue get": lambda at: self._request("queue", "GET", f"/{self._queue}/messages", "visibilitytimeout=600"),
            "queue delete": lambda at: self._delete(),
            "table insert": lambda at: self._insert(),
            "table get": lambda at: self._request(
                "table", "GET", f"/lean(PartitionKey='{self._number}',RowKey='{at}')"
            ),
        }[operation]
        return (make(at) for at in range(count))

    def _blob(self, method: str, name: str, body: bytes = b"") -> bytes:
        extra = {"x-ms-blob-type": "BlockBlob"} if method == "PUT" else {}
        return self._request("blob", method, f"/lean/{name}", body=body, extra=extra)

    def _delete(self) -> bytes:
        message, receipt = self._receipts.pop()
        quoted = receipt.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        return self._request("queue", "DELETE", f"/{self._queue}/messages/{message}", f"popreceipt={quoted}")

    def _insert(self) -> bytes:
        self._inserted += 1
        entity = '{"PartitionKey": "%d", "RowKey": "%d", "text": "some text", "n": 7}'
        return self._request("table", "POST", "/lean", body=(entity % (self._number, self._inserted - 1)).encode())

    def _request(
        self,
        service: str,
        method: str,
        path: str,
        query: str = "",
        *,
        body: bytes = b"",
        extra: dict[str, str] | None = None,
    ) -> bytes:
        base = self._base[service]
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": VERSIONS[service], **(extra or {})}
        if service == "table":
            headers |= {"accept": "application/json;odata=minimalmetadata", "prefer": "return-no-content"}
            if body:
                headers["content-type"] = "application/json"
        if body or method != "GET":
            headers["content-length"] = str(len(body))
        parameters = dict(parse_qsl(query))
        text = table_text if service == "table" else shared_key_text
        path = base.path + path
        signed = text(method, self._account, path, parameters, headers)
        headers["authorization"] = authorization(self._account, self._key, signed)
        headers["host"] = base.netloc
        lines = [f"{method} {path}{'?' if query else ''}{query} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _send_all(self, service: str, requests: list[bytes], fine: set[int], *, keep: bool = False) -> list[bytes]:
        """Send all requests; returns the answers if they are to be kept.

        Raises:
            RuntimeError: an answer has another status than those that are fine.
        """
        address = (self._base[service].hostname or "", self._base[service].port or 80)
        rest = iter(requests)
        kept: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            for _, request in zip(range(CONNECTIONS), rest, strict=False):
                connection = socket.create_connection(address)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ, bytearray())
                connection.sendall(request)
            while selector.get_map():
                for key, _ in selector.select():
                    answer = key.data
                    connection = key.fileobj  # type: ignore[assignment]
                    answer += connection.recv(1024 * 1024)
                    if not _is_complete(answer):
                        continue
                    if int(answer[9:12]) not in fine:
                        raise RuntimeError(bytes(answer[:1000]).decode("latin-1"))
                    if keep:
                        kept.append(bytes(answer))
                    answer.clear()
                    following = next(rest, None)
                    if following is None:
                        selector.unregister(connection)
                        connection.close()
                    else:
                        connection.sendall(following)
        return kept


def _is_complete(answer: bytearray) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    if bytes(answer[9:12]) == b"204":
        return True
    found = LENGTH.search(answer, 0, end)
    if found is None:
        return answer.endswith(b"\r\n0\r\n\r\n")
    return len(answer) >= end + 4 + int(found[1])
