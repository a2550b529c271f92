"""QueueService: the queue service of an embedded store."""

from __future__ import annotations

from funchost.storage.embedded.queues import EmbeddedQueues
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.queues import QueueProperties
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.grant import StoredPolicy
from funchost.storage.server.metadata import metadata_element, metadata_headers, read_metadata
from funchost.storage.server.parameters import page_size
from funchost.storage.server.policies import MAX_DOCUMENT, policies_document, read_policies
from funchost.storage.server.queue.messages import handle_message, handle_messages
from funchost.storage.server.refusal import refusal, unsupported
from funchost.storage.server.xml_document import attribute, document, leaf

_XML = {"content-type": "application/xml"}
_KNOWN_COMP = frozenset({"", "metadata", "acl"})


class QueueService:
    """See StorageService.

    Args:
        store: open.
    """

    def __init__(self, store: EmbeddedStore) -> None:
        self._engine = store.engine
        self._accounts = store.accounts
        self._queues: dict[str, EmbeddedQueues] = {}

    async def handle(self, request: StorageRequest) -> StorageReply:
        queue, _, below = request.path.partition("/")
        queues = self._of(request.account)
        if below.startswith("messages"):
            _, slash, message_id = below.partition("/")
            if message_id and "/" not in message_id:
                return await handle_message(request, queues, message_id)
            if not message_id and below.rstrip("/") == "messages":
                return await handle_messages(request, queues)
        if below:
            raise refusal("InvalidUri")
        if queue:
            return await self._handle_queue(request, queues, queue)
        if request.query.get("comp") == "list" and request.method == "GET":
            return await _list(request, queues)
        raise refusal("InvalidUri") if "comp" not in request.query else _unknown(request)

    async def stored_policy(self, account: str, resource: str, identifier: str) -> StoredPolicy | None:
        policies = read_policies(await self._accounts.queue_policies(account, resource) or b"")
        return next((policy for policy in policies if policy.id == identifier), None)

    async def public_access(self, account: str, resource: str) -> str:
        return ""

    def _of(self, account: str) -> EmbeddedQueues:
        queues = self._queues.get(account)
        if queues is None:
            queues = self._queues[account] = EmbeddedQueues(self._engine, account, "")
        return queues

    async def _handle_queue(self, request: StorageRequest, queues: EmbeddedQueues, queue: str) -> StorageReply:
        method, comp = request.method, request.query.get("comp", "")
        if comp not in _KNOWN_COMP:
            raise _unknown(request)
        if comp == "acl":
            return await self._handle_policies(request, queues, queue)
        if comp == "metadata" and method in ("GET", "HEAD"):
            found = await queues.properties(queue)
            count = {"x-ms-approximate-messages-count": str(found.approximate_count), "cache-control": "no-cache"}
            return StorageReply(200, metadata_headers(found.metadata) | count)
        if method == "PUT" and comp == "metadata":
            await queues.set_metadata(queue, read_metadata(request.headers))
            return StorageReply(204)
        if method == "PUT":
            created = await queues.create(queue, read_metadata(request.headers))
            if created:
                await self._forget_policies(request.account, queue)
            return StorageReply(201 if created else 204)
        if method == "DELETE" and not comp:
            await queues.delete(queue)
            await self._forget_policies(request.account, queue)
            return StorageReply(204)
        raise refusal("UnsupportedHttpVerb")

    async def _handle_policies(self, request: StorageRequest, queues: EmbeddedQueues, queue: str) -> StorageReply:
        await queues.properties(queue)  # it must exist
        if request.method in ("GET", "HEAD"):
            policies = read_policies(await self._accounts.queue_policies(request.account, queue) or b"")
            return StorageReply(200, _XML, policies_document(policies))
        if request.method != "PUT":
            raise refusal("UnsupportedHttpVerb")
        policies = read_policies(await request.body.read(MAX_DOCUMENT))
        await self._accounts.set_queue_policies(
            request.account, queue, policies_document(policies) if policies else None
        )
        return StorageReply(204)

    async def _forget_policies(self, account: str, queue: str) -> None:
        """A queue that is made anew has none of its predecessor's; most queues never have any."""
        if await self._accounts.queue_policies(account, queue) is not None:
            await self._accounts.set_queue_policies(account, queue, None)


async def _list(request: StorageRequest, queues: EmbeddedQueues) -> StorageReply:
    query = request.query
    prefix, marker = query.get("prefix", ""), query.get("marker", "")
    shows_metadata = "metadata" in query.get("include", "").split(",")
    page = await queues.list_page(prefix, marker or None, page_size(query))
    asked = [leaf(name, query[low]) for name, low in _ECHOED if query.get(low)]
    listed = "".join([_listed(queue, shows_metadata) for queue in page.queues])
    following = leaf("NextMarker", page.next) if page.next else "<NextMarker />"
    endpoint = attribute(f"{request.url}/")
    content = f"{''.join(asked)}<Queues>{listed}</Queues>{following}"
    return StorageReply(
        200, _XML, document(f'<EnumerationResults ServiceEndpoint="{endpoint}">{content}</EnumerationResults>')
    )


_ECHOED = (("Prefix", "prefix"), ("Marker", "marker"), ("MaxResults", "maxresults"))


def _listed(queue: QueueProperties, shows_metadata: bool) -> str:
    metadata = metadata_element(queue.metadata) if shows_metadata else ""
    return f"<Queue>{leaf('Name', queue.name)}{metadata}</Queue>"


def _unknown(request: StorageRequest) -> Exception:
    method, kind, comp = request.operation
    return unsupported(request, f"{method} restype={kind} comp={comp}")
