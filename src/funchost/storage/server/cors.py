"""CORS: which web pages may call a service, by the rules of its properties. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.properties import CorsRule
from funchost.storage.server.refusal import missing_header, refusal


def preflight(rules: Sequence[CorsRule], headers: Mapping[str, str]) -> StorageReply:
    """Return the answer to a preflight request.

    Raises:
        StorageError: CorsPreflightFailure, MissingRequiredHeader.
    """
    origin, method = headers.get("origin"), headers.get("access-control-request-method")
    for name, value in (("Origin", origin), ("Access-Control-Request-Method", method)):
        if not value:
            raise missing_header(name)
    asked = headers.get("access-control-request-headers", "")
    rule = _matching(rules, origin or "", method or "", asked.lower())
    if rule is None:
        raise refusal("CorsPreflightFailure")
    answer = _allowing(rule, origin or "")
    answer["access-control-allow-methods"] = method or ""
    answer["access-control-max-age"] = rule.max_age
    if asked:
        answer["access-control-allow-headers"] = asked
    return StorageReply(200, answer)


def response_headers(rules: Sequence[CorsRule], method: str, origin: str) -> Mapping[str, str]:
    """Return what the answer to a page of `origin` carries; empty if no rule allows it."""
    rule = _matching(rules, origin, method, "")
    if rule is None:
        return {"vary": "Origin"} if rules else {}
    answer = _allowing(rule, origin)
    if rule.exposed:
        answer["access-control-expose-headers"] = rule.exposed
    return answer


def _allowing(rule: CorsRule, origin: str) -> dict[str, str]:
    if "*" in rule.origins:
        return {"access-control-allow-origin": "*"}
    return {"access-control-allow-origin": origin, "access-control-allow-credentials": "true", "vary": "Origin"}


def _matching(rules: Sequence[CorsRule], origin: str, method: str, asked: str) -> CorsRule | None:
    for rule in rules:
        if not ("*" in rule.origins or any(_origin_matches(pattern, origin) for pattern in rule.origins)):
            continue
        if method.upper() in rule.methods and all(_header_allowed(rule, name) for name in asked.split(",")):
            return rule
    return None


def _origin_matches(pattern: str, origin: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern.lower() == origin.lower()
    return (
        len(origin) > len(before) + len(after)
        and origin.lower().startswith(before.lower())
        and origin.lower().endswith(after.lower())
    )


def _header_allowed(rule: CorsRule, name: str) -> bool:
    name = name.strip()
    return not name or any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern for pattern in rule.headers
    )
