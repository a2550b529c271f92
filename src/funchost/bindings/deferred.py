"""Deferred bindings: the function gets a client of the service's SDK, the host sends only what to connect to. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from funchost.app.function_app import Binding
from funchost.app.invocation import Datum
from funchost.bindings.blob_path import BlobPath

DEFAULT_CONNECTION = "AzureWebJobsStorage"


def is_deferred(binding: Binding) -> bool:
    """Return whether the worker has said that the parameter is of an SDK type."""
    properties = binding.properties.get("properties")
    if not isinstance(properties, Mapping):
        return False
    return any(name.lower() == "supportsdeferredbinding" and value is True for name, value in properties.items())


def blob_reference(binding: Binding, path: BlobPath) -> Datum:
    """Return the datum from which the app's extension makes a client; the secret stays in the app's settings."""
    connection = binding.properties.get("connection") or DEFAULT_CONNECTION
    content = {"Connection": connection, "ContainerName": path.container, "BlobName": path.name}
    return Datum(
        "model_binding_data",
        {
            "version": "1.0",
            "source": "AzureStorageBlobs",
            "content_type": "application/json",
            "content": json.dumps(content),
        },
    )
