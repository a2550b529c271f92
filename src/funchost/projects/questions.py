"""What a template asks for besides the function's name, and which answers it takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from funchost.app.queue_name import check_queue_name
from funchost.triggers.blob.path_pattern import parse_path_pattern
from funchost.triggers.timer.schedule import parse_schedule

_REFERENCE = re.compile(r"%[^%\s]+%")
_SETTING = re.compile(r"[A-Za-z_][\w.:-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """One value that a function of a template needs.

    Args:
        gap: of the template's text that the answer fills.
        text: the question, a noun.
        default: the answer if there is none.
        check: raises ValueError, with a sentence, for an answer that cannot be used.
    """

    gap: str
    text: str
    default: str
    check: Callable[[str], None]


def check_schedule(text: str) -> None:
    """Accept what the timer accepts, and settings' names between percent signs."""
    if not _REFERENCE.fullmatch(text):
        parse_schedule(text, UTC)


def check_path(text: str) -> None:
    """Accept what the blob trigger accepts; settings' names between percent signs stand for anything."""
    parse_path_pattern(_REFERENCE.sub("setting", text))


def check_queue(text: str) -> None:
    """Accept names of queues; settings' names between percent signs stand for anything."""
    check_queue_name(_REFERENCE.sub("setting", text).lower())


def check_connection(text: str) -> None:
    """Accept names of settings: the connection string itself does not belong into code."""
    if not _SETTING.fullmatch(text):
        raise ValueError(
            f"'{text}' is not the name of a setting. The setting's name belongs here; the connection string is its "
            "value, in local.settings.json."
        )


SCHEDULE = Question("schedule", "Schedule (second minute hour day month weekday)", "0 */5 * * * *", check_schedule)
PATH = Question("path", "Path of the blobs", "samples-workitems/{name}", check_path)
QUEUE = Question("queue", "Name of the queue", "queuename", check_queue)
CONNECTION = Question("connection", "Setting that holds the connection string", "AzureWebJobsStorage", check_connection)
