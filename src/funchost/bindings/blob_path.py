"""Blob paths: ``container/blob`` or a blob's URL, checked by the rules of the service. Pure.

The messages are the existing host's: authors look them up.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from funchost.app.binding_expression import Template

_CONTAINER = re.compile(r"\$root|\$logs|\$web|(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_LONGEST_NAME = 1024


class BlobPath(NamedTuple):
    """Where a blob is within its account."""

    container: str
    name: str

    def __str__(self) -> str:
        return f"{self.container}/{self.name}"


def parse_blob_path(text: str, service_url: str = "") -> BlobPath:
    """Return container and name.

    Args:
        text: ``container/blob``, or the blob's URL.
        service_url: of the account; its path, if it has one, is no part of the container.

    Raises:
        ValueError: no such blob can exist; says why.
    """
    path = _path_of_url(text, service_url) if text.lower().startswith(("http://", "https://")) else text
    container, slash, name = path.partition("/")
    if not (container and slash and name):
        raise ValueError(
            f"Invalid blob path specified : '{text}'. Blob identifiers must be in the format 'container/blob'."
        )
    if not _CONTAINER.fullmatch(container):
        raise ValueError(
            f"Invalid container name: {container}. It has 3 to 63 lower-case letters, digits and single dashes."
        )
    _check_name(name)
    return BlobPath(container, name)


def check_template(template: Template) -> None:
    """Check as much of a path as is known without values.

    Raises:
        ValueError: no value can make it a path.
    """
    constant = template.constant
    if constant is not None:
        parse_blob_path(constant)
    first = template.parts[0]
    if isinstance(first, str) and "/" in first and not first.lower().startswith(("http://", "https://")):
        parse_blob_path(first.partition("/")[0] + "/x")


def _check_name(name: str) -> None:
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"The given blob name '{name[:80]}...' is too long: {len(name)} characters, 1024 are allowed.")
    if "\\" in name or any(character < " " for character in name):
        raise ValueError(
            f"The given blob name '{name}' contain illegal characters: a backslash or a control character."
        )
    if name.endswith((".", "/")):
        raise ValueError(f"The given blob name '{name}' has an invalid suffix: it ends with a dot or a slash.")


def _path_of_url(text: str, service_url: str) -> str:
    parts = urlsplit(text)
    path = unquote(parts.path).lstrip("/")
    inside = urlsplit(service_url).path.strip("/")
    return path.removeprefix(f"{inside}/") if inside else path
