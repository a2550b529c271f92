"""Who may do what: authenticates each call of a storage service."""

from __future__ import annotations

import time
from collections.abc import Callable

from funchost.storage.embedded.accounts import Accounts
from funchost.storage.embedded.blob_names import ROOT
from funchost.storage.server.access import Need, need
from funchost.storage.server.call import Call
from funchost.storage.server.exchange import StorageService
from funchost.storage.server.grant import ALL, Grant
from funchost.storage.server.refusal import Refusal, refusal
from funchost.storage.server.sas_check import check_account_sas, check_service_sas, is_account_sas
from funchost.storage.server.shared_key_check import SCHEMES, check_shared_key

_READ = Grant("r")
_LIST_AND_READ = Grant("rl")


class Authentication:
    """Authenticates the calls of one service.

    Args:
        accounts: names and keys.
        service: knows stored access policies and public containers.
        clock: seconds since 1970.
    """

    def __init__(self, accounts: Accounts, service: StorageService, clock: Callable[[], float] = time.time) -> None:
        self._accounts = accounts
        self._service = service
        self._clock = clock

    async def check(self, call: Call) -> Grant:
        """Return what the caller may do.

        Raises:
            StorageError: the call is not authenticated, or not allowed.
        """
        account = call.target.account
        key = self._accounts.known_key(account) or await self._accounts.key(account)
        if key is None:
            raise refusal("ResourceNotFound", f"There is no account called {account!r} in this store.")
        credentials = call.headers.get("authorization")
        if credentials is not None:
            scheme, _, parameter = credentials.partition(" ")
            if scheme not in SCHEMES:
                raise _other_scheme(scheme)
            check_shared_key(call, scheme, parameter, key, self._clock())
            return ALL
        call = _with_container(call)
        needed = need(call.service, call.method, call.target.path, call.query, call.headers)
        if "sig" in call.query:
            return await self._check_sas(call, key, needed)
        return await self._check_anonymous(call, needed)

    async def _check_sas(self, call: Call, key: bytes, needed: Need) -> Grant:
        if is_account_sas(call.query):
            return check_account_sas(call, key, needed, self._clock())
        policy = None
        identifier = call.query.get("si")
        if identifier:
            resource = call.query.get("tn") or call.target.path.partition("/")[0]
            policy = await self._service.stored_policy(call.target.account, resource, identifier)
        return check_service_sas(call, key, needed, policy, self._clock())

    async def _check_anonymous(self, call: Call, needed: Need) -> Grant:
        container = call.target.path.partition("/")[0]
        if container and needed.letters in (("r",), ("l",)) and call.service == "blob":
            access = await self._service.public_access(call.target.account, container)
            if access == "container":
                return _LIST_AND_READ
            if access == "blob" and needed.kind == "o":
                return _READ
        raise _no_credentials(call)


def _with_container(call: Call) -> Call:
    """Return a call that names its blob's container also where the URL leaves it out, which means the root's."""
    path = call.target.path
    if call.service != "blob" or not path or "/" in path or call.query.get("restype") == "container":
        return call
    return call._replace(target=call.target._replace(path=f"{ROOT}/{path}"))


def _no_credentials(call: Call) -> Refusal:
    error = refusal("NoAuthenticationInformation")
    error.headers["www-authenticate"] = f'SharedKey realm="{call.target.account}"'
    return error


def _other_scheme(scheme: str) -> Refusal:
    if scheme.lower() == "bearer":
        return refusal(
            "InvalidAuthenticationInfo",
            status=401,
            AuthenticationErrorDetail="This store does not take tokens of Microsoft Entra ID: use the account's key or"
            " a shared access signature.",
        )
    return refusal("InvalidAuthenticationInfo", AuthenticationErrorDetail="The scheme is none that this store knows.")
