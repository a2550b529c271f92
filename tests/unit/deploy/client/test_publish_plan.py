from __future__ import annotations

import pytest

from funchost.deploy.client.publish_plan import (
    REMOTE_BUILD_SETTINGS,
    Build,
    Plan,
    SettingChanges,
    build_settings,
    check_settings,
    choose_build,
    plan_of,
    upload_path,
)
from funchost.deploy.client.site_resource import SiteResource
from funchost.errors import FuncHostError

NO_CHANGES = SettingChanges()


@pytest.mark.parametrize(
    ("no_build", "native", "build", "requirements", "chosen"),
    [
        (False, False, None, True, Build.REMOTE),
        (False, False, None, False, Build.NONE),
        (False, False, "local", False, Build.LOCAL),
        (False, False, "remote", False, Build.REMOTE),
        (False, True, "remote", True, Build.NATIVE),
        (True, True, "local", True, Build.NONE),
    ],
)
def test_choice_of_the_build(
    no_build: bool, native: bool, build: str | None, requirements: bool, chosen: Build
) -> None:
    assert choose_build(no_build=no_build, native=native, build=build, requirements=requirements) is chosen


@pytest.mark.parametrize(
    ("kind", "sku", "flex", "plan"),
    [
        ("functionapp,linux", "Standard", False, Plan.DEDICATED),
        ("functionapp,linux", "Dynamic", False, Plan.CONSUMPTION),
        ("functionapp,linux", "ElasticPremium", False, Plan.PREMIUM),
        ("functionapp,linux", "FlexConsumption", False, Plan.FLEX),
        ("functionapp,linux", "", True, Plan.FLEX),
        ("functionapp,linux,kubernetes", "", False, Plan.KUBERNETES),
    ],
)
def test_plans(kind: str, sku: str, flex: bool, plan: Plan) -> None:
    assert plan_of(SiteResource("/id", "shop", kind=kind, sku=sku, flex=flex)) is plan


def test_windows_is_refused() -> None:
    with pytest.raises(FuncHostError, match="Windows"):
        plan_of(SiteResource("/id", "shop", kind="functionapp"))


@pytest.mark.parametrize("plan", [Plan.DEDICATED, Plan.PREMIUM])
def test_settings_of_builds_on_plans_with_machines(plan: Plan) -> None:
    remote = build_settings(plan, Build.REMOTE, as_files=False)
    assert remote == SettingChanges(REMOTE_BUILD_SETTINGS, ("WEBSITE_RUN_FROM_PACKAGE",))
    for build in (Build.LOCAL, Build.NATIVE, Build.NONE):
        assert build_settings(plan, build, as_files=False).put == {"WEBSITE_RUN_FROM_PACKAGE": "1"}
        assert "WEBSITE_RUN_FROM_PACKAGE" in build_settings(plan, build, as_files=True).drop


def test_settings_of_builds_on_consumption_plans() -> None:
    assert build_settings(Plan.FLEX, Build.REMOTE, as_files=False) == NO_CHANGES
    dropped = build_settings(Plan.CONSUMPTION, Build.REMOTE, as_files=False).drop
    assert dropped == ("WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "WEBSITE_CONTENTSHARE")
    for plan, build in ((Plan.CONSUMPTION, Build.LOCAL), (Plan.KUBERNETES, Build.NONE)):
        with pytest.raises(FuncHostError, match="cannot be published"):
            build_settings(plan, build, as_files=False)


def test_where_packages_go() -> None:
    path, query = upload_path(Plan.DEDICATED, Build.REMOTE, "me")
    assert (path, query["isAsync"], query["author"]) == ("/api/zipdeploy", "true", "me")
    path, query = upload_path(Plan.FLEX, Build.REMOTE, "me")
    assert (path, query["RemoteBuild"]) == ("/api/publish", "True")
    assert "RemoteBuild" not in upload_path(Plan.FLEX, Build.LOCAL, "me")[1]


def test_changes_do_not_mind_the_case_of_what_they_drop() -> None:
    changes = SettingChanges({"B": "2"}, ("website_run_from_package",))
    assert changes.applied({"A": "1", "WEBSITE_RUN_FROM_PACKAGE": "1"}) == {"A": "1", "B": "2"}
    joined = changes.joined(SettingChanges({"C": "3"}, ("A",)))
    assert joined.applied({"A": "1"}) == {"B": "2", "C": "3"}


@pytest.mark.parametrize("name", ["AzureWebJobsStorage", "AzureWebJobsStorage__accountName", "azurewebjobsstorage"])
def test_an_app_with_storage_is_accepted(name: str) -> None:
    assert check_settings("shop", Plan.DEDICATED, {name: "x"}, force=False) == NO_CHANGES


def test_an_app_that_does_not_fit() -> None:
    with pytest.raises(FuncHostError, match="AzureWebJobsStorage"):
        check_settings("shop", Plan.DEDICATED, {}, force=False)
    node = {"AzureWebJobsStorage": "x", "FUNCTIONS_WORKER_RUNTIME": "node"}
    with pytest.raises(FuncHostError, match="'node'"):
        check_settings("shop", Plan.DEDICATED, node, force=False)
    assert check_settings("shop", Plan.DEDICATED, node, force=True).put == {"FUNCTIONS_WORKER_RUNTIME": "python"}
    flex = {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}
    with pytest.raises(FuncHostError, match="WEBSITE_RUN_FROM_PACKAGE"):
        check_settings("shop", Plan.FLEX, flex, force=True)


def test_settings_are_in_no_repr() -> None:
    assert "secret" not in repr(SettingChanges({"KEY": "secret"}))
