from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.credentials import AccountKey, Credential, Identity, SharedAccessSignature
from funchost.storage.endpoints import Service
from funchost.storage.remote.authorization import authorization_for, query_string
from funchost.storage.remote.identity import AHEAD, SCOPE, IdentityTokens
from funchost.storage.shared_key import authorization, shared_key_text, table_text


def authorize(
    credential: Credential,
    query: dict[str, str],
    service: Service = "queue",
    url: str = "https://shop.queue.core.windows.net",
    tokens: IdentityTokens | None = None,
) -> tuple[str, dict[str, str]]:
    headers = {"x-ms-date": "Sat, 21 Nov 2026 14:00:00 GMT"}
    completes = authorization_for(credential, service, url, tokens.bearer if tokens else None)
    return asyncio.run(completes.authorize("GET", "/q", query, headers)), headers


@pytest.mark.parametrize(("service", "text"), [("queue", shared_key_text), ("table", table_text)])
def test_a_key_signs_by_the_rule_of_the_service(service: Service, text: object) -> None:
    assert callable(text)
    key = AccountKey("shop", b"k")
    query, headers = authorize(key, {"comp": "list", "prefix": "a b"}, service)
    assert query == "comp=list&prefix=a%20b"
    signed = text("GET", "shop", "/q", {"comp": "list", "prefix": "a b"}, {"x-ms-date": headers["x-ms-date"]})
    assert headers["authorization"] == authorization("shop", b"k", signed)


@pytest.mark.parametrize("token", ["sv=2021&sig=a%2Bb%2F%3D", "sv=2021&sig=a+b/="])
def test_a_signature_is_appended_encoded_once(token: str) -> None:
    assert authorize(SharedAccessSignature(token), {"comp": "list"})[0] == "comp=list&sv=2021&sig=a%2Bb%2F%3D"
    assert authorize(SharedAccessSignature(token), {})[0] == "sv=2021&sig=a%2Bb%2F%3D"


def test_every_character_of_a_query_value_that_could_mean_something_is_encoded() -> None:
    assert query_string({"$filter": "a eq 'b&c'+1", "x": "ä"}) == "$filter=a%20eq%20%27b%26c%27%2B1&x=%C3%A4"


@dataclass
class Token:
    token: str
    expires_on: int


class FakeCredential:
    """Gives tokens that end after `lasts` seconds, by the test's clock."""

    def __init__(self, lasts: float = 3600.0) -> None:
        self.now = 1000.0
        self.lasts = lasts
        self.given = 0
        self.failure: Exception | None = None
        self.closed = False
        self.tokens = IdentityTokens(self, "Orders", lambda: self.now)

    async def get_token(self, *scopes: str) -> Token:
        assert scopes == (SCOPE,)
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.given += 1
        return Token(f"t{self.given}", int(self.now + self.lasts))

    async def close(self) -> None:
        self.closed = True


def test_a_token_is_fetched_once_for_many_calls() -> None:
    credential = FakeCredential()

    async def scenario() -> set[str]:
        return set(await asyncio.gather(*(credential.tokens.bearer() for _ in range(5))))

    assert asyncio.run(scenario()) == {"Bearer t1"}
    assert credential.given == 1


def test_a_token_is_replaced_ahead_of_its_end_without_anybody_waiting() -> None:
    credential = FakeCredential()

    async def scenario() -> list[str]:
        first = await credential.tokens.bearer()
        credential.now += credential.lasts - AHEAD + 1
        second = await credential.tokens.bearer()
        for _ in range(5):
            await asyncio.sleep(0)
        return [first, second, await credential.tokens.bearer()]

    assert asyncio.run(scenario()) == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_an_old_token_is_used_while_no_new_one_is_to_be_had_and_not_beyond_its_end() -> None:
    credential = FakeCredential()

    async def scenario() -> None:
        await credential.tokens.bearer()
        credential.now += credential.lasts - AHEAD + 1
        credential.failure = OSError("no route")
        for _ in range(3):
            assert await credential.tokens.bearer() == "Bearer t1"
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        credential.now += AHEAD
        with pytest.raises(StorageUnavailableError, match="Orders"):
            await credential.tokens.bearer()
        credential.failure = None
        assert await credential.tokens.bearer() == "Bearer t2"

    asyncio.run(scenario())


class ClientAuthenticationError(Exception):
    """Called as azure-core calls its own."""


def test_an_identity_that_is_refused_is_no_passing_fault() -> None:
    credential = FakeCredential()
    credential.failure = ClientAuthenticationError("AADSTS7000215: Invalid client secret.\nTrace ID: 1")
    with pytest.raises(StorageError) as caught:
        asyncio.run(credential.tokens.bearer())
    assert (caught.value.code, caught.value.status) == ("AuthenticationFailed", 401)
    assert "Trace ID" not in str(caught.value)
    assert not isinstance(caught.value, StorageUnavailableError)


def test_closing_gives_the_credential_back() -> None:
    credential = FakeCredential()

    async def scenario() -> None:
        await credential.tokens.bearer()
        await credential.tokens.close()

    asyncio.run(scenario())
    assert credential.closed


def test_a_token_goes_over_https_only() -> None:
    credential = FakeCredential()
    query, headers = authorize(Identity(), {"comp": "list"}, tokens=credential.tokens)
    assert (query, headers["authorization"]) == ("comp=list", "Bearer t1")
    with pytest.raises(StorageError, match="https only"):
        authorize(Identity(), {}, url="http://shop.queue.core.windows.net", tokens=credential.tokens)
