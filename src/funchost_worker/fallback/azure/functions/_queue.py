"""QueueMessage and the converters of the queue trigger and the queue output."""

import json
from collections.abc import Iterable
from typing import List

from ._datum import Datum, metadata_int, metadata_time, metadata_value
from ._registry import Converter, TriggerConverter, converts, is_subclass


class QueueMessage:
    """A message of a storage queue.

    Args:
        id: None until the service gave one.
        body: text is kept as UTF-8.
        pop_receipt: what deletes the message.
    """

    def __init__(self, *, id=None, body=None, pop_receipt=None):  # the library's names
        if not isinstance(body, (str, bytes, bytearray, type(None))):
            raise TypeError("a queue message body is a str, bytes or bytearray, got %s" % type(body).__name__)
        self.id = id
        self.pop_receipt = pop_receipt
        self.dequeue_count = None
        self.expiration_time = None
        self.insertion_time = None
        self.time_next_visible = None
        self._body = body.encode("utf-8") if isinstance(body, str) else bytes(body or b"")

    def get_body(self):
        """Return the body as bytes."""
        return self._body

    def get_json(self):
        """Return the body parsed as JSON; ValueError if it is none."""
        return json.loads(self._body.decode("utf-8"))

    def __repr__(self):
        return "<azure.functions.QueueMessage id=%s>" % self.id


@converts("queueTrigger")
class QueueTriggerConverter(TriggerConverter):

    @classmethod
    def check_input_type_annotation(cls, pytype):
        return is_subclass(pytype, QueueMessage)

    @classmethod
    def decode(cls, datum, *, trigger_metadata):
        if datum is None or datum.type not in ("string", "bytes"):
            raise NotImplementedError("unsupported queue payload type: %s" % (datum and datum.type))
        message = QueueMessage(
            id=metadata_value(trigger_metadata, "Id"),
            body=datum.value,
            pop_receipt=metadata_value(trigger_metadata, "PopReceipt"),
        )
        message.dequeue_count = metadata_int(trigger_metadata, "DequeueCount")
        message.expiration_time = metadata_time(trigger_metadata, "ExpirationTime")
        message.insertion_time = metadata_time(trigger_metadata, "InsertionTime")
        message.time_next_visible = metadata_time(trigger_metadata, "NextVisibleTime")
        return message


@converts("queue")
class QueueOutputConverter(Converter):

    @classmethod
    def check_output_type_annotation(cls, pytype):
        return is_subclass(pytype, (str, bytes, QueueMessage)) or pytype in (List[str], List[QueueMessage])

    @classmethod
    def encode(cls, obj, *, expected_type):
        if isinstance(obj, str):
            return Datum(obj, "string")
        if isinstance(obj, (bytes, bytearray)):
            return Datum(bytes(obj), "bytes")
        if isinstance(obj, QueueMessage):
            return Datum(obj.get_body(), "bytes")
        if isinstance(obj, Iterable) and not isinstance(obj, dict):
            return Datum(json.dumps([_text(item) for item in obj]), "json")
        raise NotImplementedError


def _text(item):
    if isinstance(item, QueueMessage):
        return item.get_body().decode("utf-8")
    if isinstance(item, str):
        return item
    raise NotImplementedError("a list for a queue holds str or QueueMessage, got %s" % type(item).__name__)
