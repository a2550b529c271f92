from __future__ import annotations

from pathlib import Path

import pytest

from funchost.http.auth import may_call, presented_key, proven_level
from funchost.http.endpoint import AuthLevel, Endpoint, make_endpoint
from funchost.http.keys import SYSTEM_KEYS, KeySet, KeyStore
from funchost.logs import HostLog, LogFilter
from tests.unit.http.apps import Lines, http_function, request_scope


@pytest.mark.parametrize(
    ("target", "headers", "key"),
    [
        ("/", (), None),
        ("/?code=abc", (), "abc"),
        ("/?a=b&CODE=a%2Bb%3D%3D", (), "a+b=="),
        ("/?code=", (), None),
        ("/?codes=x", (), None),
        ("/?x=code", (), None),
        ("/?code=right", ((b"x-functions-key", b"wrong"),), "wrong"),
        ("/?code=right", ((b"x-functions-key", b""),), ""),
    ],
)
def test_the_header_counts_before_the_query(
    target: str, headers: tuple[tuple[bytes, bytes], ...], key: str | None
) -> None:
    assert presented_key(request_scope("GET", target, headers)) == key


KEYS = ("none", "unknown", "host", "own", "other", "system", "master")
ALLOWED = {
    "anonymous": set(KEYS),
    "function": {"host", "own", "master"},
    "admin": {"master"},
}


@pytest.mark.parametrize("level", list(ALLOWED))
@pytest.mark.parametrize("which", KEYS)
async def test_the_documented_table_of_levels_and_keys(tmp_path: Path, level: str, which: str) -> None:
    keys = KeyStore(tmp_path, HostLog(Lines(), LogFilter({})))
    host = await keys.host_keys()
    values = {
        "unknown": "unknown",
        "host": host.function["default"],
        "own": (await keys.keys(KeySet("keys", "Mine")))["default"],
        "other": (await keys.keys(KeySet("keys", "Other")))["default"],
        "system": (await keys.put(SYSTEM_KEYS, "x_extension", None))[0],
        "master": host.master,
    }
    headers = () if which == "none" else ((b"x-functions-key", values[which].encode()),)
    endpoint: Endpoint = make_endpoint(http_function("Mine", authlevel=level), "api", None)
    proven = await proven_level(request_scope("GET", "/api/mine", headers), endpoint, keys)
    assert may_call(proven, endpoint.level) == (which in ALLOWED[level])


def test_a_level_stands_for_itself_and_admin_for_all() -> None:
    assert may_call(AuthLevel.ADMIN, AuthLevel.FUNCTION)
    assert not may_call(AuthLevel.SYSTEM, AuthLevel.FUNCTION)
    assert not may_call(AuthLevel.FUNCTION, AuthLevel.SYSTEM)


@pytest.mark.parametrize(("level", "made"), [("anonymous", False), ("function", True)])
async def test_the_first_caller_without_a_key_makes_the_key_files(tmp_path: Path, level: str, made: bool) -> None:
    keys = KeyStore(tmp_path / "keys", HostLog(Lines(), LogFilter({})))
    endpoint = make_endpoint(http_function("Mine", authlevel=level), "api", None)
    assert await proven_level(request_scope("GET", "/api/mine"), endpoint, keys) is AuthLevel.ANONYMOUS
    assert (tmp_path / "keys" / "host.json").exists() == made
