"""The converters by binding type, and the protocol that a worker drives them with."""

CONVERTERS = {}


class Converter:
    """Turns a datum from the host into a Python object (`decode`) and a result into a datum (`encode`).

    Subclasses replace what their binding can do. A datum is anything with `type` and `value`.
    """

    @classmethod
    def check_input_type_annotation(cls, pytype):
        """Return whether a parameter of this binding may be annotated with `pytype`."""
        return False

    @classmethod
    def check_output_type_annotation(cls, pytype):
        """Return whether `pytype` may stand inside `Out[...]`, or as the return annotation."""
        return False

    @classmethod
    def decode(cls, datum, *, trigger_metadata):
        """Return the Python object for `datum`; NotImplementedError if the binding takes no such datum."""
        raise NotImplementedError

    @classmethod
    def encode(cls, obj, *, expected_type):
        """Return the datum for `obj`; NotImplementedError if the binding cannot send such an object."""
        raise NotImplementedError

    @classmethod
    def has_trigger_support(cls):
        """Return whether `decode` wants the trigger's metadata."""
        return False

    @classmethod
    def has_implicit_output(cls):
        """Return whether a function of this trigger may return a value without a `$return` binding."""
        return False


class TriggerConverter(Converter):
    """A converter of a trigger."""

    @classmethod
    def has_trigger_support(cls):
        return True


class BindingRegistry:
    """Finds converters; the class itself is the registry, as in the library."""

    @classmethod
    def get(cls, binding_type):
        """Return the converter of `binding_type` (e.g. ``httpTrigger``), None if there is none."""
        return CONVERTERS.get(binding_type)


def get_binding_registry():
    """Return the registry of converters."""
    return BindingRegistry


def converts(*binding_types):
    """Register the decorated class for the binding types."""

    def register(converter):
        for binding_type in binding_types:
            CONVERTERS[binding_type] = converter
        return converter

    return register


def is_subclass(pytype, classes):
    """Return whether `pytype` is a class below `classes`; a `typing` construct is none of them."""
    return isinstance(pytype, type) and issubclass(pytype, classes)
