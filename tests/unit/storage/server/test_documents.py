"""XML in and out: bounds, escapes, access policies, service properties and CORS rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.errors import StorageError
from funchost.storage.server.cors import preflight, response_headers
from funchost.storage.server.failure import failure_reply
from funchost.storage.server.grant import StoredPolicy
from funchost.storage.server.metadata import metadata_element, read_metadata
from funchost.storage.server.policies import policies_document, read_policies
from funchost.storage.server.properties import cors_rules, merged_properties, properties_document
from funchost.storage.server.refusal import refusal
from funchost.storage.server.xml_document import document, leaf, read_xml

BOMB = b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>'


def code(call: object) -> str:
    assert callable(call)
    with pytest.raises(StorageError) as caught:
        call()
    return caught.value.code


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r&<>\"'")))
def test_every_text_that_xml_can_hold_comes_back(text: str) -> None:
    root = read_xml(document(f"<A>{leaf('B', text)}</A>"))
    assert root.value("B") == text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    assert read_xml(document(leaf("A", "a\x00b\x1fc\ud800"))).text == "a\ufffdb\ufffdc\ufffd"


@pytest.mark.parametrize("data", [BOMB, b"", b"<a>", b"<a></b>", b"<a>" * 17 + b"</a>" * 17, b"\xff", b"<a>&b;</a>"])
def test_documents_that_are_none_are_refused(data: bytes) -> None:
    assert code(lambda: read_xml(data)) == "InvalidXmlDocument"


def test_policies_come_back_as_they_were_set() -> None:
    policies = (
        StoredPolicy("a&b", "2026-01-01T00:00:00.0000000Z", "2030-01-01", "raup"),
        StoredPolicy("empty"),
        StoredPolicy("some", None, None, "r"),
    )
    assert read_policies(policies_document(policies)) == policies
    assert read_policies(policies_document(())) == ()
    assert read_policies(b"") == ()


@pytest.mark.parametrize(
    "content",
    [
        "<SignedIdentifier><Id></Id></SignedIdentifier>",
        f"<SignedIdentifier><Id>{'x' * 65}</Id></SignedIdentifier>",
        "<SignedIdentifier><Id>a</Id></SignedIdentifier>" * 2,
        "".join(f"<SignedIdentifier><Id>{n}</Id></SignedIdentifier>" for n in range(6)),
        "<Other />",
    ],
)
def test_policies_over_the_services_limits_are_refused(content: str) -> None:
    data = document(f"<SignedIdentifiers>{content}</SignedIdentifiers>")
    assert code(lambda: read_policies(data)) == "InvalidXmlDocument"


def cors(origins: str, methods: str, headers: str = "", exposed: str = "") -> bytes:
    rule = f"{leaf('AllowedOrigins', origins)}{leaf('AllowedMethods', methods)}{leaf('MaxAgeInSeconds', 60)}"
    rule += f"{leaf('ExposedHeaders', exposed)}{leaf('AllowedHeaders', headers)}"
    return document(f"<StorageServiceProperties><Cors><CorsRule>{rule}</CorsRule></Cors></StorageServiceProperties>")


def test_sections_that_are_not_set_stay() -> None:
    first = merged_properties("queue", None, cors("*", "GET"))
    given_document = document(
        "<StorageServiceProperties><HourMetrics><Version>1.0</Version><Enabled>true</Enabled></HourMetrics>"
        "</StorageServiceProperties>"
    )
    shown = read_xml(properties_document("queue", merged_properties("queue", first, given_document)))
    hours = shown.child("HourMetrics")
    assert hours is not None
    assert hours.value("Enabled") == "true"
    assert len(cors_rules(merged_properties("queue", first, given_document))) == 1
    assert [section.name for section in shown.children] == ["Logging", "HourMetrics", "MinuteMetrics", "Cors"]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("<StaticWebsite><Enabled>true</Enabled></StaticWebsite>", "InvalidXmlNodeValue"),
        ("<Logging><Read>maybe</Read></Logging>", "InvalidXmlNodeValue"),
        ("<Logging><RetentionPolicy><Days>366</Days></RetentionPolicy></Logging>", "InvalidXmlNodeValue"),
        ("<Cors><CorsRule></CorsRule></Cors>", "InvalidXmlNodeValue"),
    ],
)
def test_wrong_properties_are_refused(section: str, expected: str) -> None:
    data = document(f"<StorageServiceProperties>{section}</StorageServiceProperties>")
    assert code(lambda: merged_properties("queue", None, data)) == expected


def test_a_preflight_is_allowed_by_the_first_rule_that_fits() -> None:
    rules = cors_rules(merged_properties("blob", None, cors("https://*.example.org", "GET,PUT", "x-ms-*,range")))
    asked = {
        "origin": "https://a.example.org",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "x-ms-date, Range",
    }
    answer = preflight(rules, asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://a.example.org"
    assert answer.headers["access-control-max-age"] == "60"
    for change in (
        {"origin": "https://example.net"},
        {"access-control-request-method": "DELETE"},
        {"access-control-request-headers": "cookie"},
    ):
        changed = asked | change
        assert code(lambda changed=changed: preflight(rules, changed)) == "CorsPreflightFailure"
    assert code(lambda: preflight(rules, {"origin": "https://a.example.org"})) == "MissingRequiredHeader"


def test_answers_to_other_pages_carry_what_the_rule_exposes() -> None:
    rules = cors_rules(merged_properties("blob", None, cors("*", "GET", "*", "etag,x-ms-*")))
    assert response_headers(rules, "GET", "http://anywhere") == {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "etag,x-ms-*",
    }
    assert response_headers(rules, "PUT", "http://anywhere") == {"vary": "Origin"}
    assert response_headers((), "PUT", "http://anywhere") == {}


def test_metadata_keeps_the_case_of_its_names() -> None:
    headers = {"x-ms-meta-Mixed_1": " v ", "x-ms-date": "x"}
    assert read_metadata(headers) == {"Mixed_1": "v"}
    assert metadata_element({"Mixed_1": "<v>"}) == "<Metadata><Mixed_1>&lt;v&gt;</Mixed_1></Metadata>"
    assert code(lambda: read_metadata({"x-ms-meta-": "v"})) == "EmptyMetadataKey"
    assert code(lambda: read_metadata({"x-ms-meta-a-b": "v"})) == "InvalidMetadata"
    assert code(lambda: read_metadata({"x-ms-meta-a": "1", "x-ms-meta-A": "2"})) == "InvalidMetadata"
    assert code(lambda: read_metadata({"x-ms-meta-a": "v" * 9000})) == "MetadataTooLarge"


def test_errors_are_written_in_the_services_form() -> None:
    error = refusal("InvalidHeaderValue", HeaderName="x<y", HeaderValue="&")
    xml = failure_reply(error, "blob", "id-1", "now")
    root = read_xml(bytes(xml.body))  # type: ignore[arg-type]
    assert root.value("Code") == "InvalidHeaderValue"
    assert root.value("HeaderName") == "x<y"
    assert xml.headers["x-ms-error-code"] == "InvalidHeaderValue"
    json_reply = failure_reply(error, "table", "id-1", "now")
    assert json_reply.headers["content-type"].startswith("application/json")
    assert b'"odata.error": {"code": "InvalidHeaderValue"' in bytes(json_reply.body)  # type: ignore[arg-type]
    unchanged = failure_reply(refusal("ConditionNotMet", status=304), "blob", "id", "now")
    assert (unchanged.status, unchanged.body) == (304, b"")
