"""Whether a request's shared access signature is genuine, in force, and enough for what it does."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Mapping

from funchost.storage.sas import account_sas_text, sas_time, service_sas_text
from funchost.storage.server.access import Need
from funchost.storage.server.call import Call
from funchost.storage.server.grant import Grant, KeyRange, StoredPolicy
from funchost.storage.server.refusal import Refusal, refusal
from funchost.storage.server.shared_key_check import authentication_failed
from funchost.storage.server.target import decoded
from funchost.storage.shared_key import signature

_LETTER = {"blob": "b", "queue": "q", "table": "t"}
_SNAPSHOT_KINDS = {"bs": "snapshot", "bv": "versionid"}
_DELEGATED = (
    "This store has no user delegation keys: sign with the account's key, which every account of this store has."
)


def is_account_sas(token: Mapping[str, str]) -> bool:
    """Return whether a signature is for an account, not for one resource of it."""
    return "ss" in token and "srt" in token


def check_account_sas(call: Call, key: bytes, need: Need, now: float) -> Grant:
    """Return what an account's signature grants.

    Raises:
        StorageError: AuthenticationFailed, AuthorizationServiceMismatch, AuthorizationResourceTypeMismatch,
            AuthorizationPermissionMismatch, AuthorizationProtocolMismatch, AuthorizationSourceIPMismatch.
    """
    token = call.query
    _check_signature(token, [account_sas_text(call.target.account, token)], key)
    _check_times(token.get("st"), token.get("se"), now)
    _check_caller(call, token)
    if _LETTER[call.service] not in token["ss"]:
        raise refusal("AuthorizationServiceMismatch")
    if need.kind not in token["srt"]:
        raise refusal("AuthorizationResourceTypeMismatch")
    return _granted(token.get("sp", ""), need)


def check_service_sas(call: Call, key: bytes, need: Need, policy: StoredPolicy | None, now: float) -> Grant:
    """Return what a signature for one resource grants.

    Args:
        policy: the stored access policy that the signature names.

    Raises:
        StorageError: as check_account_sas.
    """
    token = call.query
    if "skoid" in token:
        raise authentication_failed(_DELEGATED)
    _check_signature(token, _service_texts(call, token), key)
    if "si" in token and policy is None:
        raise authentication_failed("The signature names a stored access policy that the resource does not have.")
    start, expiry, permissions = token.get("st"), token.get("se"), token.get("sp")
    if policy is not None:
        start, expiry = start or policy.start, expiry or policy.expiry
        permissions = permissions or policy.permissions
    _check_times(start, expiry, now)
    _check_caller(call, token)
    if not need.by_service or (token.get("sr", "c") != "c" and need.kind != "o" and call.service == "blob"):
        raise refusal("AuthorizationResourceTypeMismatch" if call.service == "blob" else "AuthorizationFailure")
    grant = _granted(permissions or "", need)
    return grant._replace(keys=_keys(token)) if "spk" in token or "epk" in token else grant


def _service_texts(call: Call, token: Mapping[str, str]) -> list[str]:
    """Return the strings that the signature may be made of."""
    account, path = call.target.account, call.target.path
    if call.service == "blob":
        kind = token.get("sr", "")
        if kind == "c":
            return [service_sas_text("blob", account, path.partition("/")[0], token)]
        if kind not in ("b", *_SNAPSHOT_KINDS):
            raise authentication_failed(f"Signatures of the kind sr={kind!r} are not known here.")
        moment = token.get(_SNAPSHOT_KINDS.get(kind, ""), "")
        given = decoded(call.target.raw_path)
        # Clients sign a name with backslashes as they were given it, or as the service writes it.
        names = (path, given) if "\\" in given else (path,)
        return [service_sas_text("blob", account, name, token, moment) for name in names]
    resource = path.partition("/")[0]
    if call.service == "queue":
        return [service_sas_text("queue", account, resource, token)]
    table = token.get("tn", "")
    if path != "$batch" and resource.partition("(")[0].lower() != table.lower():
        raise authentication_failed("The signature is for another table.")
    # Clients sign the name in lower case, some as it is written.
    return [service_sas_text("table", account, name, token) for name in (table.lower(), table)]


def _check_signature(token: Mapping[str, str], texts: list[str], key: bytes) -> None:
    given = token.get("sig", "").replace(" ", "+").encode()
    if not any(hmac.compare_digest(signature(key, text).encode(), given) for text in texts):
        raise authentication_failed(
            f"Signature did not match. String to sign used was {texts[0]}",
        )


def _check_times(start: str | None, expiry: str | None, now: float) -> None:
    if not expiry:
        raise authentication_failed("The signature has no expiry (se), nor has a stored access policy.")
    try:
        early = start is not None and start != "" and sas_time(start) > now
        late = sas_time(expiry) <= now
    except ValueError:
        raise authentication_failed("A time in the signature (st, se) is not in ISO 8601 form.") from None
    if early or late:
        current = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))
        raise authentication_failed(
            f"Signature not valid in the specified time frame: Start [{start or ''}] - Expiry [{expiry}] -"
            f" Current [{current}]"
        )


def _check_caller(call: Call, token: Mapping[str, str]) -> None:
    if token.get("spr", "") == "https" and call.scheme != "https":
        raise refusal("AuthorizationProtocolMismatch")
    allowed = token.get("sip")
    if allowed and not _is_within(call.client, allowed):
        raise _source_mismatch(call.client)


def _is_within(client: str, allowed: str) -> bool:
    first, _, last = allowed.partition("-")
    try:
        address = ipaddress.ip_address(client)
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address((last or first).strip())
    except ValueError:
        return False
    return address.version == low.version == high.version and int(low) <= int(address) <= int(high)


def _source_mismatch(client: str) -> Refusal:
    return refusal("AuthorizationSourceIPMismatch", SourceIP=client)


def _granted(permissions: str, need: Need) -> Grant:
    for letters in need.letters:
        if not any(letter in permissions for letter in letters):
            raise refusal("AuthorizationPermissionMismatch")
    return Grant(permissions)


def _keys(token: Mapping[str, str]) -> KeyRange:
    return KeyRange(token.get("spk"), token.get("srk"), token.get("epk"), token.get("erk"))
