"""Web pages that call a service: preflight requests and answers by the rules of its properties."""

from __future__ import annotations

import httpx
from azure.storage.blob import BlobServiceClient, CorsRule

from tests.integration.storage.server.front_fixture import ServedStore

PAGE = "https://app.example.org"


def test_pages_are_let_in_by_the_rules_that_were_set(served_store: ServedStore) -> None:
    url = f"{served_store.url('blob')}/pages/a.txt"
    asked = {"origin": PAGE, "access-control-request-method": "GET", "access-control-request-headers": "x-ms-version"}
    with httpx.Client() as client:
        refused = client.options(url, headers=asked)
        assert refused.status_code == 403
        assert refused.headers["x-ms-error-code"] == "CorsPreflightFailure"

        text = served_store.connection_string()
        with BlobServiceClient.from_connection_string(text, retry_total=0) as service:
            service.create_container("pages", public_access="blob").upload_blob("a.txt", b"hello")
            rule = CorsRule([PAGE], ["GET"], allowed_headers=["x-ms-*"], exposed_headers=["etag"], max_age_in_seconds=7)
            service.set_service_properties(cors=[rule])

        allowed = client.options(url, headers=asked)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == PAGE
        assert allowed.headers["access-control-allow-methods"] == "GET"
        assert allowed.headers["access-control-allow-headers"] == "x-ms-version"
        assert allowed.headers["access-control-max-age"] == "7"
        assert client.options(url, headers=asked | {"origin": "https://evil.example"}).status_code == 403

        answer = client.get(url, headers={"origin": PAGE})
        assert answer.text == "hello"
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-expose-headers"] == "etag"
        missing = client.get(f"{url}.missing", headers={"origin": PAGE})
        assert missing.status_code == 404
        assert missing.headers["access-control-allow-origin"] == PAGE
        assert "access-control-allow-origin" not in client.get(url, headers={"origin": "https://evil.example"}).headers
        assert "access-control-allow-origin" not in client.get(url).headers
