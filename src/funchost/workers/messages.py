"""What the frames between host and worker say: host types to JSON and back. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from funchost.app.function_app import Function, Model
from funchost.app.indexed import AppIndex, IndexedFunction, LoadError
from funchost.workers.events import WorkerLog
from funchost_worker import wire
from funchost_worker.wire import Kind

_T = TypeVar("_T")


class Hello(msgspec.Struct):
    """The first frame of a worker."""

    wire: int
    python: str
    pid: int


class _IndexedFunction(msgspec.Struct):
    name: str
    directory: str
    script_file: str
    bindings: list[dict[str, Any]]
    retry: dict[str, Any] | None = None
    error: LoadError | None = None


class _Indexed(msgspec.Struct):
    model: Model
    functions: list[_IndexedFunction]
    error: LoadError | None
    library: str


class _Loaded(msgspec.Struct):
    errors: dict[str, LoadError]


_HELLO = msgspec.json.Decoder(Hello)
_INDEXED = msgspec.json.Decoder(_Indexed)
_LOADED = msgspec.json.Decoder(_Loaded)
_LOGS = msgspec.json.Decoder(list[WorkerLog])


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be sent to a worker")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


def dump(value: object) -> bytes:
    """Return JSON text; lone surrogates, which msgspec refuses, survive as escapes."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return wire.dump(msgspec.to_builtins(value, enc_hook=_plain))


def read(decoder: msgspec.json.Decoder[_T], text: memoryview) -> _T:
    """Return a decoded JSON text.

    Raises:
        msgspec.ValidationError: it is JSON but not of the decoder's type.
        WireError: it is not JSON.
    """
    try:
        return decoder.decode(text)
    except msgspec.DecodeError:
        # Lone surrogates, NaN and infinities, which Python's json writes and msgspec does not read.
        value = wire.load(text)
    return msgspec.convert(value, decoder.type)


def _read_strictly(decoder: msgspec.json.Decoder[_T], payload: memoryview) -> _T:
    try:
        return read(decoder, wire.split(payload)[0])
    except msgspec.ValidationError as error:
        raise wire.WireError(f"a message has the wrong shape: {error}") from error


def read_hello(payload: memoryview) -> Hello:
    """Raises: WireError."""
    return _read_strictly(_HELLO, payload)


def read_logs(payload: memoryview) -> list[WorkerLog]:
    """Raises: WireError."""
    return _read_strictly(_LOGS, payload)


def read_loaded(payload: memoryview) -> dict[str, LoadError]:
    """Raises: WireError."""
    return _read_strictly(_LOADED, payload).errors


def read_index(payload: memoryview, python: str) -> AppIndex:
    """Raises: WireError."""
    message = _read_strictly(_INDEXED, payload)
    functions = tuple(
        IndexedFunction(f.name, f.directory, f.script_file, tuple(f.bindings), f.retry, f.error)
        for f in message.functions
    )
    return AppIndex(message.model, functions, message.error, message.library, python)


def structure(kind: int, call: int, value: object) -> bytes:
    """Return a frame that carries JSON and nothing else."""
    return wire.json_frame(kind, call, dump(value))


def init_frame(app: str, packages: str | None, level: str, host_version: str) -> bytes:
    value = {"app": app, "packages": packages, "level": level, "host": host_version}
    return structure(Kind.INIT, 0, value)


def load_frame(call: int, function: Function) -> bytes:
    return structure(Kind.LOAD, call, {"functions": [_declaration(function)]})


def _declaration(function: Function) -> dict[str, object]:
    return {
        "name": function.name,
        "directory": str(function.directory),
        "script_file": str(function.script_file),
        "entry_point": function.entry_point,
        "bindings": [dict(b.raw) for b in function.bindings],
    }


def is_finite(value: object) -> bool:
    """Whether JSON has a number for it."""
    return not isinstance(value, float) or math.isfinite(value)
