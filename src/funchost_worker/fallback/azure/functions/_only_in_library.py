"""What an author reads when the code asks the fallback for a name that only the real library has."""

import os
import sys
from types import ModuleType

if os.environ.get("AZURE_FUNCTIONS_ENVIRONMENT", "Development").lower() == "development":
    ADVICE = "add it to requirements.txt, then run: %s -m pip install -r requirements.txt" % sys.executable
else:
    # On a server packages come with the app.
    ADVICE = "add it to requirements.txt and publish the app with a remote or local build"

DECORATOR_MODEL = frozenset([
    "AccessRights", "AsgiFunctionApp", "AuthLevel", "BindingApi", "BlobSource", "Blueprint", "Cardinality", "DataType",
    "DecoratorApi", "ExternalHttpFunctionApp", "Function", "FunctionApp", "HttpMethod", "SettingsApi", "TriggerApi",
    "WsgiFunctionApp",
])

OTHER_TYPES = frozenset([
    "AppExtensionBase", "AsgiMiddleware", "CloudEvent", "Document", "DocumentList", "EntityContext", "EventHubEvent",
    "FuncExtensionBase", "FunctionExtensionException", "KafkaEvent", "MCPToolContext", "MySqlRow", "MySqlRowList",
    "OrchestrationContext", "ServiceBusMessage", "SqlRow", "SqlRowList", "WsgiMiddleware",
])


class _FallbackModule(ModuleType):
    # The module's class is replaced because a module-level __getattr__ needs Python 3.7.

    def __getattr__(self, name):
        if name in DECORATOR_MODEL:
            raise ImportError("function_app.py needs the azure-functions package: " + ADVICE, name="azure.functions")
        if name in OTHER_TYPES:
            raise ImportError("azure.functions.%s needs the azure-functions package: %s" % (name, ADVICE),
                              name="azure.functions")
        raise AttributeError("module %r has no attribute %r" % (self.__name__, name))


def refuse_absent_names(module_name):
    """Make the imported module `module_name` answer names of the real library with the package to install.

    They raise ImportError and not AttributeError: `from azure.functions import FunctionApp` would replace the text
    of an AttributeError by one of its own.
    """
    sys.modules[module_name].__class__ = _FallbackModule
