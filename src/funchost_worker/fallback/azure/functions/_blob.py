"""InputStream and the converter of blob trigger, blob input and blob output."""

import io
import json

from ._datum import Datum, metadata_value
from ._registry import TriggerConverter, converts, is_subclass


class InputStream(io.BufferedIOBase):
    """A blob to read from.

    Args:
        data: its content.
        name: ``container/path``.
        uri: its address.
        length: size in bytes.
        blob_properties, metadata: as the service gave them.
    """

    def __init__(self, *, data=b"", name=None, uri=None, length=None, blob_properties=None, metadata=None):
        self._content = io.BytesIO(data)
        self.name = name
        self.uri = uri
        self.length = length
        self.blob_properties = blob_properties
        self.metadata = metadata

    def read(self, size=-1):
        return self._content.read(size)

    def read1(self, size=-1):
        return self._content.read(size)

    def readable(self):
        return True

    def seekable(self):
        return False

    def writable(self):
        return False


@converts("blob", "blobTrigger")
class BlobConverter(TriggerConverter):

    @classmethod
    def check_input_type_annotation(cls, pytype):
        return is_subclass(pytype, (InputStream, str, bytes))

    @classmethod
    def check_output_type_annotation(cls, pytype):
        return is_subclass(pytype, (InputStream, str, bytes)) or callable(getattr(pytype, "read", None))

    @classmethod
    def decode(cls, datum, *, trigger_metadata):
        if datum is None or datum.type is None:
            return None
        if datum.type not in ("string", "bytes"):
            raise ValueError("unexpected type of data received for the blob binding: %s" % datum.type)
        data = datum.value.encode("utf-8") if isinstance(datum.value, str) else datum.value
        properties = _object(metadata_value(trigger_metadata, "Properties"))
        length = (properties or {}).get("ContentLength", (properties or {}).get("Length"))
        return InputStream(
            data=data,
            name=metadata_value(trigger_metadata, "BlobTrigger"),
            uri=metadata_value(trigger_metadata, "Uri"),
            length=None if length is None else int(length),
            blob_properties=properties,
            metadata=_object(metadata_value(trigger_metadata, "Metadata")),
        )

    @classmethod
    def encode(cls, obj, *, expected_type):
        content = obj.read() if callable(getattr(obj, "read", None)) else obj
        if isinstance(content, str):
            return Datum(content, "string")
        if isinstance(content, (bytes, bytearray)):
            return Datum(bytes(content), "bytes")
        raise NotImplementedError


def _object(value):
    return json.loads(value) if isinstance(value, str) else value
