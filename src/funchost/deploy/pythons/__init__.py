"""The Pythons of this machine that apps can run on."""

from funchost.deploy.pythons.catalogue import PythonCatalogue
from funchost.deploy.pythons.installation import Installation
from funchost.deploy.pythons.versions import check_pair

__all__ = ["Installation", "PythonCatalogue", "check_pair"]
