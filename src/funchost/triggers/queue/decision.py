"""What becomes of a message. Pure."""

from __future__ import annotations

from enum import Enum

MAX_NAME = 63
POISON_SUFFIX = "-poison"


class Outcome(Enum):
    """What its handler made of a message."""

    DONE = "done"
    FAILED = "failed"
    UNREADABLE = "unreadable"
    """It can never be handled."""
    NOT_TAKEN = "not taken"
    """Nothing is wrong with it; somebody else shall have it."""


class Action(Enum):
    """What happens to the message in its queue."""

    DELETE = "delete"
    POISON = "poison"
    """Move it to the poison queue."""
    SHOW = "show"
    """Let it be received again after the configured delay."""
    GIVE_BACK = "give back"
    """Let it be received again at once."""
    LEAVE = "leave"
    """It stays hidden for the rest of its time; without a poison queue this keeps a bad one from coming in a loop."""


def is_worn_out(dequeue_count: int, limit: int, *, has_poison: bool) -> bool:
    """Return whether a message goes to the poison queue without another try: hosts have died of it, or were killed."""
    return has_poison and dequeue_count > limit


def action_for(outcome: Outcome, dequeue_count: int, limit: int, *, has_poison: bool) -> Action:
    """Return what to do with a message that was handled.

    Args:
        dequeue_count: how often it was received, this time included.
        limit: the highest count with which it may be received again.
        has_poison: whether there is a queue to move it to.
    """
    match outcome:
        case Outcome.DONE:
            return Action.DELETE
        case Outcome.NOT_TAKEN:
            return Action.GIVE_BACK
        case Outcome.UNREADABLE:
            return Action.POISON if has_poison else Action.LEAVE
        case Outcome.FAILED:
            if not has_poison:
                return Action.LEAVE
            return Action.POISON if dequeue_count >= limit else Action.SHOW


def poison_queue(queue: str) -> str | None:
    """Return the name of a queue's poison queue; None if it is one itself or the name would be too long."""
    name = queue + POISON_SUFFIX
    return None if queue.endswith(POISON_SUFFIX) or len(name) > MAX_NAME else name
