from __future__ import annotations

from email.utils import formatdate

import pytest

from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.remote.failure import refusal, unreachable

NOW = 1_700_000_000.0


def error(status: int, body: str = "", **headers: str) -> StorageError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(status, named, body.encode(), setting="AzureWebJobsStorage", now=NOW)


def test_an_xml_body_gives_code_and_message_without_the_request_id() -> None:
    body = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>QueueNotFound</Code>'
        "<Message>The specified queue does not exist.\nRequestId:1\nTime:2</Message></Error>"
    )
    found = error(404, body)
    assert (found.code, found.reason, found.status) == ("QueueNotFound", "The specified queue does not exist.", 404)
    assert not isinstance(found, StorageUnavailableError)


def test_a_json_body_gives_code_and_message() -> None:
    body = (
        '{"odata.error":{"code":"TableNotFound","message":{"lang":"en-US","value":"The table is not there.\\nTime:1"}}}'
    )
    found = error(404, body)
    assert (found.code, found.reason) == ("TableNotFound", "The table is not there.")


def test_a_header_gives_the_code_where_there_is_no_body() -> None:
    assert error(404, x_ms_error_code="BlobNotFound").code == "BlobNotFound"


@pytest.mark.parametrize("body", ["", "<html>gateway</html>", "<broken", "{broken", '{"odata.error": 1}', "plain"])
def test_an_answer_of_something_else_is_named_by_its_status(body: str) -> None:
    found = error(502, body)
    assert (found.code, found.status) == ("BadGateway", 502)
    assert isinstance(found, StorageUnavailableError)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_faults_that_pass_are_unavailability(status: int) -> None:
    assert isinstance(error(status), StorageUnavailableError)


def test_an_operation_that_the_service_does_not_have_is_none() -> None:
    assert not isinstance(error(501), StorageUnavailableError)


@pytest.mark.parametrize(("seconds", "words"), [(1200, "20 minutes ahead of"), (-1200, "20 minutes behind")])
def test_a_wrong_clock_is_told_when_a_signature_is_refused(seconds: int, words: str) -> None:
    found = error(403, Date=formatdate(NOW - seconds, usegmt=True))
    assert words in (found.hint or "")


def test_the_setting_is_named_when_a_signature_is_refused_at_the_right_time() -> None:
    found = error(403, Date=formatdate(NOW, usegmt=True))
    assert "AzureWebJobsStorage" in (found.hint or "")
    assert "AzureWebJobsStorage" in (error(403).hint or "")


def test_a_service_that_does_not_answer_is_named_by_its_url() -> None:
    found = unreachable("https://shop.blob.core.windows.net", "no answer in time.")
    assert "https://shop.blob.core.windows.net cannot be reached: no answer in time." in str(found)
    assert found.status == 503
