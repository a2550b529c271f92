"""QueueLoad: a client that puts messages into a site's queue all the time, through the server's storage ports."""

from __future__ import annotations

import base64
import http.client
import itertools
import threading
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from azure.storage.queue import ResourceTypes, generate_account_sas

from funchost.storage.credentials import AccountKey
from funchost.testing import eventually
from tests.integration.faults.server.package import QUEUE
from tests.integration.faults.server.site import WAIT, TestedSite
from tests.integration.faults.storage.ledger import Ledger, Run

PAUSE = 0.03


class QueueClient:
    """Speaks to the queue of a site over a connection that it keeps; makes the queue. A context manager.

    Args:
        site: whose.
    """

    def __init__(self, site: TestedSite) -> None:
        account = site.storage()
        assert isinstance(account.credential, AccountKey)
        soon = datetime.now(UTC) + timedelta(hours=1)
        kinds = ResourceTypes(service=True, container=True, object=True)
        self._token = generate_account_sas(
            account.account, base64.b64encode(account.credential.key).decode(), kinds, "rwdlacup", soon
        )
        self._place = urlsplit(account.endpoints.queue)
        self._open: http.client.HTTPConnection | None = None
        status, _, text = self._call("PUT", f"/{QUEUE}")
        assert status in (201, 204), text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def put(self, text: str) -> None:
        """Put a message; returns when the server has it.

        Raises:
            OSError: it may have it or not.
        """
        content = base64.b64encode(text.encode()).decode()
        body = f"<QueueMessage><MessageText>{content}</MessageText></QueueMessage>"
        status, _, answer = self._call("POST", f"/{QUEUE}/messages", body)
        if status != 201:
            raise OSError(f"{status} {answer}")

    def count(self) -> int:
        """Return how many messages there are, those being executed included."""
        status, headers, text = self._call("GET", f"/{QUEUE}", more="&comp=metadata")
        assert status == 200, text
        return int(str(headers["x-ms-approximate-messages-count"]))

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _call(
        self, method: str, path: str, body: str | None = None, more: str = ""
    ) -> tuple[int, http.client.HTTPMessage, str]:
        try:
            if self._open is None:
                self._open = http.client.HTTPConnection(str(self._place.hostname), self._place.port, timeout=WAIT)
            self._open.request(method, f"{self._place.path.rstrip('/')}{path}?{self._token}{more}", body)
            answer = self._open.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise OSError(repr(error)) from error


class QueueLoad:
    """Puts messages in a thread; a context manager.

    Args:
        site: whose queue.
    """

    def __init__(self, site: TestedSite) -> None:
        self.put: list[str] = []
        """The messages that the server has acknowledged."""
        self.failures: list[str] = []
        """Why others were not."""
        self._site = site
        self._client = QueueClient(site)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="messages", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(2 * WAIT)
        self._client.close()

    def _run(self) -> None:
        for number in itertools.count():
            if self._over.wait(PAUSE):
                return
            text = f"message-{number}"
            try:
                self._client.put(text)
            except OSError as error:
                self.failures.append(repr(error))
            else:
                self.put.append(text)


def wait_until_done(texts: Collection[str], ledger: Ledger, timeout: float = 2 * WAIT) -> None:
    """Wait until each message has been dealt with."""
    eventually(lambda: not set(texts) - ledger.done(), timeout)


def done_again(runs: Iterable[Run], texts: Collection[str]) -> int:
    """Return how many times a message was dealt with that had been dealt with before."""
    wanted = set(texts)
    done = Counter(run.text for run in runs if run.outcome == "done" and run.text in wanted)
    return sum(count - 1 for count in done.values())
