"""Context and Out: what a function gets besides its data. The objects themselves are made by the worker."""

import abc
from typing import Generic, TypeVar

T = TypeVar("T")


class Out(Generic[T]):
    """An output parameter: `set` gives the binding its value."""

    def set(self, val):
        """Give the binding its value; None writes nothing."""
        raise NotImplementedError

    def get(self):
        """Return the value set before."""
        raise NotImplementedError


class Context(abc.ABC):
    """The invocation that a function runs for."""

    @property
    @abc.abstractmethod
    def invocation_id(self):
        """Id of this call."""

    @property
    @abc.abstractmethod
    def function_name(self):
        """Name of the function."""

    @property
    @abc.abstractmethod
    def function_directory(self):
        """Folder of the function."""

    @property
    @abc.abstractmethod
    def trace_context(self):
        """W3C trace context: `trace_parent`, `trace_state`, `attributes`."""

    @property
    @abc.abstractmethod
    def retry_context(self):
        """Which attempt this is: `retry_count`, `max_retry_count`, `exception`."""

    @property
    @abc.abstractmethod
    def thread_local_storage(self):
        """Set its `invocation_id` in a thread of your own to tie the thread's log lines to this call."""
