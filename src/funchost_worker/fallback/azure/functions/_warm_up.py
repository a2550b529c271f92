"""WarmUpContext and the warm-up trigger's converter."""

from ._registry import TriggerConverter, converts, is_subclass


class WarmUpContext:
    """The argument of a warm-up function; it carries nothing."""


@converts("warmupTrigger")
class WarmUpTriggerConverter(TriggerConverter):

    @classmethod
    def check_input_type_annotation(cls, pytype):
        return is_subclass(pytype, WarmUpContext)

    @classmethod
    def decode(cls, datum, *, trigger_metadata):
        return WarmUpContext()
