"""EventGridEvent, EventGridOutputEvent and the converters of Event Grid trigger and output."""

import json
from collections.abc import Iterable
from typing import List

from ._datum import Datum, parse_time
from ._registry import Converter, TriggerConverter, converts, is_subclass


class EventGridOutputEvent:
    """An event to send; the topic is the binding's."""

    def __init__(self, *, id, data, subject, event_type, event_time, data_version):  # the library's names
        self.id = id
        self.subject = subject
        self.event_type = event_type
        self.event_time = event_time
        self.data_version = data_version
        self._data = data

    def get_json(self):
        """Return the event's data."""
        return self._data

    def __repr__(self):
        return "<azure.functions.%s id=%s subject=%s>" % (type(self).__name__, self.id, self.subject)


class EventGridEvent(EventGridOutputEvent):
    """An event that arrived."""

    def __init__(self, *, id, data, topic, subject, event_type, event_time, data_version):  # the library's names
        super().__init__(id=id, data=data, subject=subject, event_type=event_type,
                         event_time=event_time, data_version=data_version)
        self.topic = topic


@converts("eventGridTrigger")
class EventGridTriggerConverter(TriggerConverter):

    @classmethod
    def check_input_type_annotation(cls, pytype):
        return is_subclass(pytype, EventGridEvent)

    @classmethod
    def decode(cls, datum, *, trigger_metadata):
        if datum is None or datum.type != "json":
            raise NotImplementedError("unsupported event grid payload type: %s" % (datum and datum.type))
        event = json.loads(datum.value)
        return EventGridEvent(
            id=event.get("id"),
            data=event.get("data"),
            topic=event.get("topic"),
            subject=event.get("subject"),
            event_type=event.get("eventType"),
            event_time=parse_time(event.get("eventTime")),
            data_version=event.get("dataVersion"),
        )


@converts("eventGrid")
class EventGridOutputConverter(Converter):

    @classmethod
    def check_output_type_annotation(cls, pytype):
        return is_subclass(pytype, (str, bytes, EventGridOutputEvent)) or pytype in (
            List[str], List[EventGridOutputEvent])

    @classmethod
    def encode(cls, obj, *, expected_type):
        if isinstance(obj, str):
            return Datum(obj, "string")
        if isinstance(obj, (bytes, bytearray)):
            return Datum(bytes(obj), "bytes")
        if isinstance(obj, EventGridOutputEvent):
            return Datum(json.dumps(_as_sent(obj)), "json")
        if isinstance(obj, Iterable) and not isinstance(obj, dict):
            return Datum(json.dumps([_item(item) for item in obj]), "json")
        raise NotImplementedError


def _item(item):
    if isinstance(item, EventGridOutputEvent):
        return _as_sent(item)
    if isinstance(item, str):
        return item
    raise NotImplementedError("a list for Event Grid holds str or EventGridOutputEvent, got %s" % type(item).__name__)


def _as_sent(event):
    moment = event.event_time
    return {
        "id": event.id,
        "subject": event.subject,
        "eventType": event.event_type,
        "eventTime": moment.isoformat() if hasattr(moment, "isoformat") else moment,
        "dataVersion": event.data_version,
        "data": event.get_json(),
    }
