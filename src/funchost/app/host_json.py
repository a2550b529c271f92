"""host.json: how the app wants to be run, with the app settings that override it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from funchost.app import values
from funchost.app.blob_options import BlobOptions, read_blob_options
from funchost.app.config_tree import ConfigNode, build_tree
from funchost.app.function_app import RetryPolicy
from funchost.app.host_rules import check_rules
from funchost.app.http_options import HstsOptions, HttpOptions, read_http_options
from funchost.app.jsonc import Document, read
from funchost.app.queue_options import QueueOptions, read_queue_options
from funchost.app.retry_policy import RetryProblem, read_retry_policy
from funchost.app.singleton_options import SingletonOptions, read_singleton_options
from funchost.errors import ConfigError

__all__ = ["HostConfig", "HstsOptions", "HttpOptions", "LoggingOptions", "load_host_config"]

FILE_NAME = "host.json"
DEFAULT_TIMEOUT = 1800.0
LEVELS = ("Trace", "Debug", "Information", "Warning", "Error", "Critical", "None")

_HELP = "See https://aka.ms/functions-hostjson"
_VERSION_MISSING = (
    "The host.json file is missing the required 'version' property. "
    f"{_HELP} for steps to migrate the configuration file."
)
_BUNDLE_INVALID = (
    "The value of {} property in extensionBundle section of host.json file is invalid or missing. "
    f"{_HELP} for more information"
)
_VERSION = r"(\d+(\.\d+){0,3}(\.\*)?|\*)"
_BUNDLE_VERSION = re.compile(
    rf"\s*({_VERSION}|[\[(]\s*({_VERSION})?\s*,\s*({_VERSION})?\s*[\])]|\[\s*{_VERSION}\s*\])\s*", re.ASCII
)


@dataclass(frozen=True)
class LoggingOptions:
    """Section `logging`.

    Args:
        levels: least level by category as written (``Function.MyFn``), ``default`` for all others; values as in LEVELS.
        file_logging: ``never``, ``always`` or ``debugOnly``.
    """

    levels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    file_logging: str = "debugOnly"


@dataclass(frozen=True)
class HostConfig:
    """What host.json and its overrides say; the defaults are those of an app without the file.

    Args:
        function_timeout: seconds an invocation may take, None = no limit.
        functions: the only functions to load, None = all.
        watch_directories: folders in which every changed file restarts the host, besides the app's own code.
        watch_files: further file names whose change restarts the host.
        file_watching: restart on changed files at all.
        http: section `extensions.http`.
        queues: section `extensions.queues`.
        blobs: section `extensions.blobs`.
        singleton: section `singleton`.
        logging: section `logging`.
        retry: retry policy of functions that have none of their own.
        extension_bundle: id and version range.
        raw: everything, overrides included, names as written.
        notices: sentences for the console.
        source: the file, None if there is none.
    """

    function_timeout: float | None = DEFAULT_TIMEOUT
    functions: tuple[str, ...] | None = None
    watch_directories: tuple[str, ...] = ()
    watch_files: tuple[str, ...] = ()
    file_watching: bool = True
    http: HttpOptions = field(default_factory=HttpOptions)
    queues: QueueOptions = field(default_factory=QueueOptions)
    blobs: BlobOptions = field(default_factory=BlobOptions)
    singleton: SingletonOptions = field(default_factory=SingletonOptions)
    logging: LoggingOptions = field(default_factory=LoggingOptions)
    retry: RetryPolicy | None = None
    extension_bundle: tuple[str, str] | None = None
    raw: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    notices: tuple[str, ...] = ()
    source: Path | None = None


def load_host_config(root: Path, environ: Mapping[str, str]) -> HostConfig:
    """Return the app's host.json with the overrides ``AzureFunctionsJobHost__a__b`` of `environ`.

    A missing file, or an empty object, means the defaults; nothing is written.

    Raises:
        ConfigError: the file cannot be read or a property is wrong; names file, line and property.
        SettingError: an overriding app setting is wrong.
    """
    document = _read_file(root / FILE_NAME)
    tree = build_tree(document, environ)
    if document is not None and document.value:
        _check_version(tree)
    check_rules(tree)
    raw = tree.plain()
    return HostConfig(
        function_timeout=tree.at("functionTimeout").read(_function_timeout, DEFAULT_TIMEOUT),
        functions=tree.at("functions").read_list(values.text) or None,
        watch_directories=tree.at("watchDirectories").read_list(values.text),
        watch_files=tree.at("watchFiles").read_list(values.text),
        file_watching=tree.at("fileWatchingEnabled").read(values.boolean, True),
        http=read_http_options(tree.at("extensions", "http")),
        queues=read_queue_options(tree.at("extensions", "queues")),
        blobs=read_blob_options(tree.at("extensions", "blobs")),
        singleton=read_singleton_options(tree.at("singleton")),
        logging=_logging(tree.at("logging")),
        retry=_retry(tree.at("retry")),
        extension_bundle=_extension_bundle(tree.at("extensionBundle")),
        raw=MappingProxyType(raw if isinstance(raw, dict) else {}),
        notices=_notices(tree),
        source=None if document is None else document.path,
    )


def _read_file(path: Path) -> Document | None:
    try:
        return read(path)
    except ConfigError as error:
        message = f"Unable to parse host configuration file '{path}'. {error.reason}"
        raise ConfigError(path, message, line=error.line, prop=error.prop, hint=error.hint) from error


def _check_version(tree: ConfigNode) -> None:
    node = tree.at("version")
    version = node.read(values.text, "")
    if not version:
        raise node.error(_VERSION_MISSING, hint='Write "version": "2.0" into it.')
    if version != "2.0":
        schema = "It is the version of the file's format, not of the runtime. " if version.startswith("3") else ""
        raise node.error(
            f"'{version}' is an invalid value for host.json 'version' property. We recommend you set the 'version' "
            f"property to '2.0'. {schema}{_HELP} for more information on this configuration file."
        )


def _function_timeout(value: object) -> float | None:
    if value in (-1, "-1"):
        return None
    seconds = values.time_span(value)
    if seconds < 1:
        raise ValueError(
            f"FunctionTimeout must be greater than 00:00:01, or -1 for no limit; {values.shown(value)} is not."
        )
    return seconds


def _logging(node: ConfigNode) -> LoggingOptions:
    level = values.choice(LEVELS)
    levels: dict[str, str] = {}

    def collect(parent: ConfigNode, prefix: str) -> None:
        for child in parent.children():
            category = prefix + child.name
            if child.value is not None:
                name = "default" if category.lower() == "default" else category
                levels[name] = child.read(level, "Information")
            collect(child, category + ".")

    section = node.at("logLevel")
    if section.value is not None:
        raise section.error('This must be an object, e.g. {"default": "Information"}.')
    collect(section, "")
    return LoggingOptions(
        levels=MappingProxyType(levels),
        file_logging=node.at("fileLoggingMode").read(values.choice(("never", "always", "debugOnly")), "debugOnly"),
    )


def _retry(node: ConfigNode) -> RetryPolicy | None:
    if not node.present:
        return None
    if node.value is not None:
        raise node.error("This must be an object.")
    try:
        return read_retry_policy({child.name: child.value for child in node.children()})
    except RetryProblem as problem:
        raise node.at(problem.prop).error(str(problem)) from problem


def _extension_bundle(node: ConfigNode) -> tuple[str, str] | None:
    if not node.present:
        return None
    identity = node.at("id").read(values.text, "").strip()
    if not identity:
        raise node.at("id").error(_BUNDLE_INVALID.format("id"))
    version = node.at("version").read(values.text, "")
    if not _BUNDLE_VERSION.fullmatch(version):
        raise node.at("version").error(
            _BUNDLE_INVALID.format("version"), hint='Write a range of versions, e.g. "[4.*, 5.0.0)".'
        )
    return identity, version


def _notices(tree: ConfigNode) -> tuple[str, ...]:
    return tuple(
        f"host.json: {name} has no effect, this host runs Python functions."
        for name in ("customHandler", "httpWorker")
        if tree.at(name).present
    )
