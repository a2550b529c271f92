"""Shared access signatures, made by the official clients with the development key, checked."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from funchost.errors import StorageError
from funchost.storage.sas import service_sas_text
from funchost.storage.server.access import need
from funchost.storage.server.call import Call
from funchost.storage.server.grant import Grant, KeyRange, StoredPolicy
from funchost.storage.server.sas_check import check_account_sas, check_service_sas, is_account_sas
from funchost.storage.shared_key import signature
from tests.unit.storage.server.calls import KEY, NOW, make_call

EXPIRY = "se=2030-01-01T00%3A00%3A00Z"
BLOB = f"{EXPIRY}&sp=r&sv=2026-10-06&sr=b&rsct=text/x&sig=/7ijxV//tBC01L5gWnGkbK%2B7rqiL12kxNjFUkhpqmtE%3D"
QUEUE = f"{EXPIRY}&sp=raup&sv=2026-10-06&sig=M4rTmBhFpVdaqDykU%2BXCaYXbcxCnW73olHAZuTbtHUs%3D"
TABLE = f"{EXPIRY}&sp=r&sv=2019-02-02&tn=Tab&spk=a&srk=1&sig=BoX4PmI/k2h1Qmd8XnWm3/VHsKEQf2gn86uJ6luUfOM%3D"
ACCOUNT = f"{EXPIRY}&sp=rwdl&sv=2026-10-06&ss=bqt&srt=sco&sig=RzAE7D632Jpr3g1yxrl9296599fc0GNr0sLW68Wc/gI%3D"


def granted(call: Call, policy: StoredPolicy | None = None, now: float = NOW) -> Grant:
    needed = need(call.service, call.method, call.target.path, call.query, call.headers)
    if is_account_sas(call.query):
        return check_account_sas(call, KEY, needed, now)
    return check_service_sas(call, KEY, needed, policy, now)


def refused(call: Call, policy: StoredPolicy | None = None, now: float = NOW) -> str:
    with pytest.raises(StorageError) as caught:
        granted(call, policy, now)
    return caught.value.code


def test_the_clients_tokens_are_genuine() -> None:
    assert granted(make_call("blob", f"c/{quote('a b/ä.txt')}?{BLOB}")) == Grant("r")
    assert granted(make_call("queue", f"q/messages?{QUEUE}")) == Grant("raup")
    assert granted(make_call("table", f"Tab()?{TABLE}")) == Grant("r", KeyRange("a", "1", None, None))
    assert granted(make_call("blob", f"?comp=list&{ACCOUNT}")) == Grant("rwdl")
    assert granted(make_call("queue", f"q/messages?{ACCOUNT}", method="DELETE")) == Grant("rwdl")


@pytest.mark.parametrize(
    "call",
    [
        make_call("blob", f"c/other?{BLOB}"),
        make_call("blob", f"c/{quote('a b/ä.txt')}?{BLOB.replace('sp=r', 'sp=rw')}"),
        make_call("blob", f"c/{quote('a b/ä.txt')}?{BLOB.replace('2030', '2031')}"),
        make_call("blob", f"c/{quote('a b/ä.txt')}?{BLOB.replace('sig=', 'sig=A')}"),
        make_call("blob", f"c/{quote('a b/ä.txt')}?{BLOB.replace('sr=b', 'sr=d')}"),
        make_call("blob", f"c/{quote('a b/ä.txt')}?{BLOB}&skoid=x"),
        make_call("queue", f"other/messages?{QUEUE}"),
        make_call("table", f"Other()?{TABLE}"),
        make_call("queue", f"q/messages?{QUEUE}&si=policy"),
    ],
)
def test_what_was_not_signed_is_not_authentic(call: Call) -> None:
    assert refused(call) == "AuthenticationFailed"


def test_a_token_counts_in_its_time() -> None:
    call = make_call("queue", f"q/messages?{QUEUE}")
    assert refused(call, now=NOW + 5 * 365 * 86400) == "AuthenticationFailed"
    early = signed("queue", "q", {"sp": "p", "st": "2029-01-01", "se": "2030-01-01", "sv": "2026-10-06"})
    assert refused(make_call("queue", f"q/messages?{early}")) == "AuthenticationFailed"
    endless = signed("queue", "q", {"sp": "p", "sv": "2026-10-06"})
    assert refused(make_call("queue", f"q/messages?{endless}")) == "AuthenticationFailed"
    broken = signed("queue", "q", {"sp": "p", "se": "soon", "sv": "2026-10-06"})
    assert refused(make_call("queue", f"q/messages?{broken}")) == "AuthenticationFailed"


def signed(service: str, resource: str, token: dict[str, str]) -> str:
    assert service in ("blob", "queue", "table")
    text = service_sas_text(service, "devstoreaccount1", resource, token)  # type: ignore[arg-type]
    return "&".join(f"{k}={quote(v, safe='')}" for k, v in {**token, "sig": signature(KEY, text)}.items())


def test_a_stored_policy_fills_in_what_the_token_leaves_out() -> None:
    call = make_call("queue", f"q/messages?{signed('queue', 'q', {'si': 'policy', 'sv': '2026-10-06'})}")
    assert granted(call, StoredPolicy("policy", "2026-01-01", "2030-01-01", "p")) == Grant("p")
    assert refused(call, StoredPolicy("policy", None, "2026-01-01", "p")) == "AuthenticationFailed"
    assert refused(call, StoredPolicy("policy", None, "2030-01-01", "r")) == "AuthorizationPermissionMismatch"


@pytest.mark.parametrize(
    ("allowed", "client", "code"),
    [
        ("10.0.0.5", "10.0.0.5", ""),
        ("10.0.0.1-10.0.0.9", "10.0.0.9", ""),
        ("10.0.0.1-10.0.0.9", "10.0.0.10", "AuthorizationSourceIPMismatch"),
        ("10.0.0.1", "::1", "AuthorizationSourceIPMismatch"),
        ("nonsense", "10.0.0.1", "AuthorizationSourceIPMismatch"),
    ],
)
def test_addresses_are_compared_as_numbers(allowed: str, client: str, code: str) -> None:
    token = signed("queue", "q", {"sp": "p", "se": "2030-01-01", "sip": allowed, "sv": "2026-10-06"})
    call = make_call("queue", f"q/messages?{token}", client=client)
    if code:
        assert refused(call) == code
    else:
        assert granted(call) == Grant("p")


def test_a_token_for_https_is_not_for_http() -> None:
    token = signed("queue", "q", {"sp": "p", "se": "2030-01-01", "spr": "https", "sv": "2026-10-06"})
    assert refused(make_call("queue", f"q/messages?{token}")) == "AuthorizationProtocolMismatch"
    assert granted(make_call("queue", f"q/messages?{token}", scheme="https")) == Grant("p")


@pytest.mark.parametrize(
    ("service", "method", "target", "letters", "kind"),
    [
        ("blob", "GET", "?comp=list", ("l",), "s"),
        ("blob", "PUT", "c?restype=container", ("cw",), "c"),
        ("blob", "GET", "c?restype=container&comp=list", ("l",), "c"),
        ("blob", "PUT", "c?restype=container&comp=acl", ("",), "c"),
        ("blob", "GET", "c/b", ("r",), "o"),
        ("blob", "PUT", "c/b", ("wc",), "o"),
        ("blob", "PUT", "c/b?comp=appendblock", ("aw",), "o"),
        ("blob", "PUT", "c/b?comp=tags", ("t",), "o"),
        ("blob", "PUT", "c/b?comp=metadata", ("w",), "o"),
        ("blob", "DELETE", "c/b", ("d",), "o"),
        ("queue", "GET", "q/messages", ("p",), "o"),
        ("queue", "GET", "q/messages?peekonly=true", ("r",), "o"),
        ("queue", "POST", "q/messages", ("a",), "o"),
        ("queue", "PUT", "q/messages/1", ("u",), "o"),
        ("queue", "DELETE", "q/messages/1", ("p",), "o"),
        ("queue", "DELETE", "q/messages", ("d",), "o"),
        ("queue", "PUT", "q", ("cw",), "c"),
        ("table", "GET", "Tables", ("l",), "c"),
        ("table", "POST", "Tables", ("cw",), "c"),
        ("table", "DELETE", "Tables('t')", ("d",), "c"),
        ("table", "POST", "t", ("a",), "o"),
        ("table", "MERGE", "t(PartitionKey='a',RowKey='b')", ("a", "u"), "o"),
        ("table", "GET", "t()", ("r",), "o"),
        ("table", "GET", "?restype=service&comp=properties", ("r",), "s"),
    ],
)
def test_each_operation_needs_its_permission(
    service: str, method: str, target: str, letters: tuple[str, ...], kind: str
) -> None:
    call = make_call(service, target, method=method)  # type: ignore[arg-type]
    found = need(call.service, method, call.target.path, call.query, {})
    assert (found.letters, found.kind) == (letters, kind)


def test_ranges_of_keys_cover_from_the_first_to_the_last() -> None:
    keys = KeyRange("b", "2", "d", "5")
    inside = [("b", "2"), ("b", "9"), ("c", ""), ("d", "5")]
    outside = [("a", "9"), ("b", "1"), ("d", "6"), ("e", "")]
    assert [keys.covers(*pair) for pair in inside + outside] == [True] * 4 + [False] * 4
    assert KeyRange("b", None, "b", None).covers("b", "anything")
    assert not KeyRange("b", None, "b", None).covers("c", "")
