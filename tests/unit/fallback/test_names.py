import importlib
import typing

import pytest

from tests.unit.fallback.loading import PRIVATE_NAME, load_fallback

func = load_fallback()


@pytest.mark.parametrize("name", sorted(func.__all__))
def test_every_name_of_the_fallback_is_one_of_the_library(name: str) -> None:
    library = importlib.import_module("azure.functions")
    assert name in library.__all__
    assert hasattr(func, name)


def test_version_says_that_it_is_the_fallback() -> None:
    assert func.__version__ == "fallback"


@pytest.mark.parametrize("name", ["FunctionApp", "Blueprint", "AuthLevel", "AsgiFunctionApp"])
def test_decorator_names_tell_to_add_azure_functions(name: str) -> None:
    with pytest.raises(
        ImportError,
        match=r"^function_app\.py needs the azure-functions package: add it to requirements\.txt, then run: .+ -m pip",
    ):
        getattr(func, name)


def test_from_import_keeps_the_advice() -> None:
    with pytest.raises(ImportError, match=r"add it to requirements\.txt"):
        exec(f"from {PRIVATE_NAME} import FunctionApp")  # noqa: S102 - the form under test


def test_types_of_other_bindings_tell_to_add_azure_functions() -> None:
    with pytest.raises(ImportError, match=r"^azure\.functions\.ServiceBusMessage needs the azure-functions package"):
        _ = func.ServiceBusMessage


def test_every_library_name_is_offered_or_refused_with_advice() -> None:
    library = importlib.import_module("azure.functions")
    silent = set()
    for name in set(library.__all__) - set(func.__all__):
        try:
            getattr(func, name)
        except ImportError:
            continue
        except AttributeError:
            silent.add(name)
    assert silent <= {
        "FunctionRegister",  # the worker looks for it to see whether the library knows decorators
        "ExtensionMeta",
        "KafkaConverter",
        "KafkaTriggerConverter",
        "PromptInvocationContext",
        "PromptArgument",
        "McpPropertyType",
        "mcp_content",
    }


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = func.Nothing
    assert not hasattr(func, "FunctionRegister")


def test_out_takes_a_type_argument() -> None:
    annotation = func.Out[func.QueueMessage]
    assert typing.get_args(annotation) == (func.QueueMessage,)
    assert typing.get_origin(annotation) is func.Out


def test_context_cannot_be_made_without_its_attributes() -> None:
    with pytest.raises(TypeError, match="abstract"):
        func.Context()
