"""What ``UseDevelopmentStorage=true`` means on this machine at this moment: who listens on the well-known ports.

`find_development_storage(folder)` asks the three ports and decides. The host acts on the decision: it opens a remote
account (`remote`), or the embedded store of the folder, which `funchost.http.storage_fronts.StoreKeeper` serves as the
decision says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, DEVELOPMENT_PORTS, SERVICES, Service
from funchost.storage.server.identity import APP, PROBE_HEADER, STORE_HEADER, USE_HEADER, folder_identity

ADDRESS = "127.0.0.1"
PROBE_SECONDS = 1.0
"""How long a port may take to answer; Azurite takes a few milliseconds."""

WELL_KNOWN: Mapping[Service, int] = MappingProxyType({service: DEVELOPMENT_PORTS[service] for service in SERVICES})
ANY_FREE: Mapping[Service, int] = MappingProxyType(dict.fromkeys(SERVICES, 0))

_LONGEST_HEAD = 16 * 1024
_PROBE = (
    "GET /{account}?restype=service&comp=properties HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: close\r\n"
    "x-ms-version: 2021-08-06\r\n{header}: 1\r\n\r\n"
)


class Listener(Enum):
    """Who listens on a port."""

    NOBODY = "nobody"
    SAME_STORE = "a front of ours on the same folder"
    STORAGE = "another store that speaks the storage protocol"
    OTHER_APP = "the host of another app"
    OTHER = "another program"


class DevelopmentStorage(NamedTuple):
    """The decision.

    Args:
        remote: use what listens on the well-known ports, over HTTP. Else: open the embedded store of the folder.
        ports: where to serve the embedded store, 0 = on any free port.
        take_over: not now, but as soon as these ports are free: another process serves the same store there.
        obstacle: why it is not served on the well-known ports, a clause; None = it is, now or later.
    """

    remote: bool = False
    ports: Mapping[Service, int] = MappingProxyType({})
    take_over: bool = False
    obstacle: str | None = None


async def find_development_storage(
    folder: Path, ports: Mapping[Service, int] = WELL_KNOWN, timeout: float = PROBE_SECONDS
) -> DevelopmentStorage:
    """Ask the ports who listens there, and return what to do.

    Args:
        folder: of the embedded store; it need not exist.
        ports: the well-known ones, others in tests.
        timeout: seconds for each port; all are asked at once.
    """
    try:
        identity = folder_identity(folder)
    except OSError:
        identity = ""
    answers = await asyncio.gather(*(probe(port, identity, timeout) for port in ports.values()))
    return decide(dict(zip(ports, answers, strict=True)), ports)


def decide(listeners: Mapping[Service, Listener], ports: Mapping[Service, int] = WELL_KNOWN) -> DevelopmentStorage:
    """Return what to do when these listen on the ports. Pure."""
    found = set(listeners.values())
    if found == {Listener.NOBODY}:
        return DevelopmentStorage(ports=ports)
    if found == {Listener.STORAGE}:
        return DevelopmentStorage(remote=True)
    if found <= {Listener.NOBODY, Listener.SAME_STORE}:
        return DevelopmentStorage(ports=ports, take_over=True)
    held = {service: who for service, who in listeners.items() if who is not Listener.NOBODY}
    foreign = (Listener.OTHER, Listener.OTHER_APP)
    service, who = next(((s, w) for s, w in held.items() if w in foreign), next(iter(held.items())))
    if who in foreign:
        obstacle = f"port {ports[service]} ({service}) is held by {who.value}"
    else:
        missing = ", ".join(str(ports[name]) for name, other in listeners.items() if other is not who)
        obstacle = f"{who.value} listens on port {ports[service]} ({service}), but not on {missing}"
    return DevelopmentStorage(ports=ANY_FREE, obstacle=obstacle)


def connection_string(ports: Mapping[Service, int]) -> str:
    """Return the connection string of the development account on some ports of this machine."""
    if dict(ports) == dict(WELL_KNOWN):
        return "UseDevelopmentStorage=true"
    endpoints = "".join(
        f"{service.title()}Endpoint=http://{ADDRESS}:{ports[service]}/{DEVELOPMENT_ACCOUNT};" for service in SERVICES
    )
    return f"DefaultEndpointsProtocol=http;AccountName={DEVELOPMENT_ACCOUNT};AccountKey={DEVELOPMENT_KEY};{endpoints}"


async def probe(port: int, identity: str, timeout: float) -> Listener:
    """Return who listens on a port of this machine.

    Args:
        identity: of the folder, see folder_identity; empty = it does not exist.
        timeout: seconds; who has not answered by then is another program.
    """
    try:
        async with asyncio.timeout(timeout):
            headers = await _ask(port)
    except (ConnectionRefusedError, ConnectionResetError) as error:
        return Listener.NOBODY if isinstance(error, ConnectionRefusedError) else Listener.OTHER
    except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return Listener.OTHER
    if identity and headers.get(STORE_HEADER) == identity:
        return Listener.SAME_STORE
    if headers.get(USE_HEADER) == APP:
        return Listener.OTHER_APP  # its store goes when it goes
    if "x-ms-request-id" in headers or headers.get("server", "").lower().startswith("azurite"):
        return Listener.STORAGE
    return Listener.OTHER


async def _ask(port: int) -> dict[str, str]:
    """Return the headers of the answer to a request that any storage service answers, by lower-case name."""
    reader, writer = await asyncio.open_connection(ADDRESS, port, limit=_LONGEST_HEAD)
    try:
        request = _PROBE.format(account=DEVELOPMENT_ACCOUNT, address=ADDRESS, port=port, header=PROBE_HEADER)
        writer.write(request.encode("ascii"))
        head = await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1."):
        return {}
    pairs = (line.partition(":") for line in lines[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
