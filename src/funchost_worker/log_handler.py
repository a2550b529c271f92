"""Log handler: sends the app's log records to the host, at once and in order."""

import logging
import sys

from funchost_worker import wire
from funchost_worker.attribution import attribute
from funchost_worker.fork import FORKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from funchost_worker.channel import Channel

MESSAGE_LIMIT = 8 * 1024 * 1024
"""Characters of one record; JSON may write each as six bytes, and a frame has a limit."""


class LogHandler(logging.Handler):
    """A handler of the root logger. The formatted text of a record, traceback included, is one message."""

    def __init__(self, channel: "Channel") -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            if FORKS.in_child:  # the wire is the parent's; stderr still reaches the console
                sys.stderr.write(text + "\n")
                return
            if len(text) > MESSAGE_LIMIT:
                text = "{} ... ({} more characters)".format(text[:MESSAGE_LIMIT], len(text) - MESSAGE_LIMIT)
            function, invocation_id = attribute()
            told = [int(record.levelno), str(record.name), text, function, invocation_id, float(record.created)]
            self._channel.send_now(wire.json_frame(wire.Kind.LOG, 0, wire.dump([told])))
        except Exception:
            self.handleError(record)


class RootHandler:
    """Keeps our handler on the root logger."""

    def __init__(self, handler: LogHandler, level: str) -> None:
        self._handler = handler
        self._root = logging.getLogger()
        self._root.addHandler(handler)
        self._root.setLevel(level)

    def keep(self) -> None:
        """Put the handler back if the app's logging configuration removed it and left nothing that reaches the console.

        An app that set up a stream handler of its own is not given a second copy of every line.
        """
        handlers = self._root.handlers
        if self._handler in handlers:
            return
        if not any(type(handler) is logging.StreamHandler for handler in handlers):
            self._root.addHandler(self._handler)
