from __future__ import annotations

import pytest

from funchost.deploy.client.credentials import Basic, Bearer, read_token
from funchost.errors import UsageError


@pytest.mark.parametrize(
    "text", ["abc", " abc\n", '{"accessToken": "abc", "expiresOn": "x"}', '\n{"accessToken":"abc"}']
)
def test_a_token_is_read_raw_or_from_json(text: str) -> None:
    assert read_token(text, "--access-token-stdin") == Bearer("abc")


@pytest.mark.parametrize(
    "text", ["", "  \n", "{}", "{", '{"accessToken": ""}', '{"accessToken": 3}', "a b", "a\nb", "ä"]
)
def test_what_is_no_token_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(UsageError, match="--access-token-stdin") as caught:
        read_token(text, "--access-token-stdin")
    assert "a b" not in str(caught.value)


def test_headers() -> None:
    assert Bearer("abc").header() == "Bearer abc"
    assert Basic("$shop", "pä").header() == "Basic JHNob3A6cMOk"


def test_secrets_are_in_no_repr() -> None:
    assert "secret" not in repr(Bearer("secret"))
    assert "secret" not in repr(Basic("$shop", "secret"))
