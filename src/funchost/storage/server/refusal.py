"""Refusals: the storage services' error codes with their statuses and texts.

The codes and statuses are those of the services' reference (common, blob, queue and table error codes).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from funchost.errors import StorageError

if TYPE_CHECKING:
    from funchost.storage.server.exchange import StorageRequest

_KNOWN: Mapping[str, tuple[int, str]] = {
    "AccountNotFound": (404, "The specified account does not exist."),
    "AuthenticationFailed": (
        403,
        (
            "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly"
            " including the signature."
        ),
    ),
    "AuthorizationFailure": (403, "This request is not authorized to perform this operation."),
    "AuthorizationPermissionMismatch": (
        403,
        "This request is not authorized to perform this operation using this permission.",
    ),
    "AuthorizationProtocolMismatch": (
        403,
        "This request is not authorized to perform this operation using this protocol.",
    ),
    "AuthorizationResourceTypeMismatch": (
        403,
        "This request is not authorized to perform this operation using this resource type.",
    ),
    "AuthorizationServiceMismatch": (
        403,
        "This request is not authorized to perform this operation using this service.",
    ),
    "AuthorizationSourceIPMismatch": (
        403,
        "This request is not authorized to perform this operation using this source IP.",
    ),
    "ConditionHeadersNotSupported": (400, "Condition headers are not supported."),
    "ConditionNotMet": (412, "The condition specified using HTTP conditional header(s) is not met."),
    "CorsPreflightFailure": (403, "CORS not enabled or no matching rule found for this request."),
    "EmptyMetadataKey": (400, "The key for one of the metadata key-value pairs is empty."),
    "InsufficientAccountPermissions": (
        403,
        "The account being accessed does not have sufficient permissions to execute this operation.",
    ),
    "InternalError": (500, "The server encountered an internal error. Please retry the request."),
    "InvalidAuthenticationInfo": (
        400,
        (
            "The authentication information was not provided in the correct format. Verify the value of Authorization"
            " header."
        ),
    ),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidHttpVerb": (400, "The HTTP verb specified was not recognized by the server."),
    "InvalidInput": (400, "One of the request inputs is not valid."),
    "InvalidMd5": (400, "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64."),
    "InvalidMetadata": (
        400,
        "The metadata specified is invalid. It has characters that are not permitted.",
    ),
    "InvalidQueryParameterValue": (
        400,
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidResourceName": (400, "The specified resource name contains invalid characters."),
    "InvalidUri": (400, "The requested URI does not represent any resource on the server."),
    "InvalidXmlDocument": (400, "XML specified is not syntactically valid."),
    "InvalidXmlNodeValue": (400, "The value for one of the XML nodes is not in the correct format."),
    "Md5Mismatch": (
        400,
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    ),
    "MetadataTooLarge": (400, "The metadata specified exceeds the maximum allowable limit (8KB)."),
    "MissingContentLengthHeader": (411, "The content length header was not specified."),
    "MissingRequiredHeader": (400, "An HTTP header that's mandatory for this request is not specified."),
    "MissingRequiredQueryParameter": (
        400,
        "A query parameter that's mandatory for this request is not specified.",
    ),
    "MissingRequiredXmlNode": (400, "A required XML node was not specified in the request body."),
    "MultipleConditionHeadersNotSupported": (400, "Multiple condition headers are not supported."),
    "NoAuthenticationInformation": (
        401,
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
    ),
    "OperationTimedOut": (500, "The operation could not be completed within the specified time."),
    "OutOfRangeInput": (400, "One of the request inputs is out of range."),
    "OutOfRangeQueryParameterValue": (
        400,
        "One of the query parameters specified in the request URI is outside the permissible range.",
    ),
    "OutOfRangeXmlValue": (400, "The value specified for an XML node is outside the permissible range."),
    "PublicAccessNotPermitted": (409, "Public access is not permitted on this storage account."),
    "RequestBodyTooLarge": (
        413,
        "The request body is too large and exceeds the maximum permissible limit.",
    ),
    "RequestUrlFailedToParse": (400, "The url in the request could not be parsed."),
    "ResourceAlreadyExists": (409, "The specified resource already exists."),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "ResourceTypeMismatch": (409, "The specified resource type does not match the type of the existing resource."),
    "ServerBusy": (503, "The server is busy."),
    "UnsupportedHeader": (400, "One of the headers specified in the request is not supported."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support the specified HTTP verb."),
    "UnsupportedQueryParameter": (
        400,
        "One of the query parameters specified in the request URI is not supported.",
    ),
    "UnsupportedXmlNode": (400, "One of the XML nodes specified in the request body is not supported."),
}
"""What all services share; codes of one service stand with its operations."""


class Refusal(StorageError):
    """A StorageError with what the service tells besides code and text.

    Args:
        details: elements of the error body: ``HeaderName``, ``QueryParameterValue``, ``AuthenticationErrorDetail`` ...
        headers: of the answer, names in lower case.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int,
        *,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, status)
        self.details = dict(details or {})
        self.headers = dict(headers or {})


def refusal(code: str, message: str | None = None, status: int | None = None, **details: str) -> Refusal:
    """Return the error of a code that all services know, with another text or status where one is given."""
    known_status, known_message = _KNOWN.get(code, (400, code))
    return Refusal(code, message or known_message, status or known_status, details=details)


def wrong_header(name: str, value: str) -> Refusal:
    """Return the refusal of a header's value."""
    return refusal("InvalidHeaderValue", HeaderName=name, HeaderValue=value)


def missing_header(name: str) -> Refusal:
    """Return the refusal of a request that lacks a header."""
    return refusal("MissingRequiredHeader", HeaderName=name)


def wrong_query(name: str, value: str, reason: str = "") -> Refusal:
    """Return the refusal of a query parameter's value."""
    error = refusal("InvalidQueryParameterValue", QueryParameterName=name, QueryParameterValue=value)
    if reason:
        error.details["Reason"] = reason
    return error


def out_of_range(name: str, value: str, low: int, high: int) -> Refusal:
    """Return the refusal of a number in the query that is out of bounds."""
    return refusal(
        "OutOfRangeQueryParameterValue",
        QueryParameterName=name,
        QueryParameterValue=value,
        MinimumAllowed=str(low),
        MaximumAllowed=str(high),
    )


def unsupported(request: StorageRequest, operation: str) -> Refusal:
    """Return the 501 of an operation that this store does not cover, e.g. ``Put Page``."""
    return Refusal(
        "NotImplemented",
        f"The operation {operation!r} of the {request.service} service is not covered by this store.",
        501,
        details={"Operation": operation},
    )
