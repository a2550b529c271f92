"""What an installer's output says about why it failed; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MAX_LINES = 24

_START = re.compile(r"\s*(?:error|ERROR)\b", re.ASCII)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NO_WHEEL = (
    re.compile(rf"Wheels are required for `({_NAME})"),
    re.compile(rf"\b({_NAME})(?:[=<>!~]=?[^\s,]*)? has no (?:usable )?wheels"),
    re.compile(rf"Building source distributions is disabled, but attempted to build `({_NAME})"),
    re.compile(rf"No matching distribution found for ({_NAME})"),
)
_SOURCE_WITHOUT_A_NAME = re.compile(r"error: Building source distributions is disabled\s*$")
_NOT_BUILT = (
    re.compile(rf"Failed to (?:build|prepare|download and build) `({_NAME})"),
    re.compile(rf"Failed building wheel for ({_NAME})"),
    re.compile(rf"Could not build wheels for ({_NAME})"),
)
_OFFLINE = re.compile(
    r"dns error|Temporary failure in name resolution|Name or service not known|Connection refused"
    r"|Network is unreachable|tcp connect error|Failed to establish a new connection|network was disabled"
    r"|operation timed out|Could not connect|invalid peer certificate|CERTIFICATE_VERIFY_FAILED|error sending request",
    re.IGNORECASE,
)


def without_wheel(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the packages that have no wheel that fits, in the order they are named."""
    return _named(lines, _NO_WHEEL)


def not_built(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the packages whose build from source failed."""
    return _named(lines, _NOT_BUILT)


def source_without_a_name(lines: Sequence[str]) -> bool:
    """Return whether a folder was not built because its name was not known, so that it could not be allowed."""
    return any(_SOURCE_WITHOUT_A_NAME.match(line) for line in lines)


def is_offline(lines: Sequence[str]) -> bool:
    """Return whether the index could not be reached."""
    return any(_OFFLINE.search(line) for line in lines)


def relevant(lines: Sequence[str], most: int = MAX_LINES) -> str:
    """Return the lines that tell the cause, indented: from the first error on, its middle left out if it is long."""
    first = next((place for place, line in enumerate(lines) if _START.match(line)), max(len(lines) - most, 0))
    said = [line for line in lines[first:] if line.strip()]
    if len(said) > most:
        head = most // 4
        said = [*said[:head], f"... {len(said) - most} lines are left out here ...", *said[head - most :]]
    return "\n".join(f"  {line}" for line in said)


def _named(lines: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    def matches() -> Iterator[str]:
        for line in lines:
            for pattern in patterns:
                yield from pattern.findall(line)

    return tuple(dict.fromkeys(matches()))
