"""InstanceOrder: what a server tells a host instance before it starts; and what the instance tells the server.

One document of JSON goes in as a line of standard input. The instance answers with lines of JSON on a descriptor of its
own, one message each. Lines that follow on standard input are commands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import msgspec

MAX_LINE = 16 * 1024 * 1024
"""Bytes of the longest order and the longest message."""


class Command(Enum):
    """What a server may ask of an instance that runs."""

    LISTEN = "listen"
    """Take messages, timers and blobs."""
    DRAIN = "drain"
    """Take no more of them, finish what is under way, then end."""
    STOP = "stop"
    """End at once, giving back what can be given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOrder:
    """How to run one instance.

    Args:
        id: of the instance.
        host_id: the same for all instances of the site.
        root: absolute folder of host.json.
        interpreter: absolute path of the Python that runs the app.
        python: its version.
        environment: the workers' whole environment, app settings included; secret.
        keys_folder: of the encrypted key documents.
        keys_secret: what they are encrypted with.
        temporary: folder for files of this instance; given to the workers as the environment says.
        cors_origins: see HostOptions.
        cors_credentials: see HostOptions.
        store_folder: of the store that the server serves, None = it serves none.
        store_ports: where that is served for blobs, queues and tables.
        memory_limit: bytes that the instance and its workers may use, None = no limit.
        listening: whether it takes messages, timers and blobs before it is told to.
    """

    id: str
    host_id: str
    root: str
    interpreter: str
    python: tuple[int, int, int]
    environment: Mapping[str, str] = field(repr=False)
    keys_folder: str
    keys_secret: bytes = field(repr=False)
    temporary: str
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False
    store_folder: str | None = None
    store_ports: tuple[int, int, int] = (0, 0, 0)
    memory_limit: int | None = None
    listening: bool = True


class Listening(msgspec.Struct, tag="listening", frozen=True):
    """The instance takes HTTP requests on this port of 127.0.0.1."""

    port: int


class State(msgspec.Struct, tag="state", frozen=True):
    """The host's state, in the words of ``/admin/host/status``."""

    state: str


class LoadedFunction(msgspec.Struct, frozen=True):
    """A function that runs; see platform.site.FunctionInfo."""

    name: str
    trigger: str
    bindings: tuple[dict[str, object], ...]
    route: str | None
    methods: tuple[str, ...]
    auth_level: str | None
    disabled: bool


class Loaded(msgspec.Struct, tag="loaded", frozen=True):
    """What became of an attempt to load the app: what runs, and why the rest does not."""

    functions: tuple[LoadedFunction, ...]
    errors: tuple[str, ...]


class Load(msgspec.Struct, tag="load", frozen=True):
    """What the instance does: invocations that run, and bytes in use by it and its workers."""

    executing: int
    memory: int


Message = Listening | State | Loaded | Load

_order = msgspec.json.Decoder(InstanceOrder)
_message: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def encode_order(order: InstanceOrder) -> bytes:
    """Return the order as a line."""
    return msgspec.json.encode(order) + b"\n"


def decode_order(line: bytes) -> InstanceOrder:
    """Raises: ValueError: it is none; the text shows no value of it."""
    return _order.decode(line)


def encode_message(message: Message) -> bytes:
    """Return the message as a line; an app's halves of surrogate pairs, which no JSON can hold, become ``?``."""
    try:
        return msgspec.json.encode(message) + b"\n"
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(message), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def decode_message(line: bytes) -> Message:
    """Raises: ValueError: it is none."""
    return _message.decode(line)
