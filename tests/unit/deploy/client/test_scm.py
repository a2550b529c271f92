from __future__ import annotations

import pytest

from funchost.deploy.client.publication import check_outcome
from funchost.deploy.client.scm import DeploymentRecord, read_deployment
from funchost.errors import BuildError


def test_deployments_are_read_whatever_is_missing() -> None:
    assert read_deployment({}) == DeploymentRecord("", -1)
    found = read_deployment({"id": "d", "status": 3, "status_text": None, "complete": True, "received_time": "t"})
    assert found == DeploymentRecord("d", 3, complete=True, received="t")
    assert (found.status_name, found.ended_status) == ("failed", True)


@pytest.mark.parametrize(
    ("status", "ended"), [(-1, False), (0, False), (1, False), (2, False), (4, True), (5, True), (6, True)]
)
def test_which_statuses_are_an_end(status: int, ended: bool) -> None:
    assert DeploymentRecord("d", status).ended_status is ended


def test_everything_but_success_is_a_failure() -> None:
    check_outcome(DeploymentRecord("d", 4), remote=True)
    with pytest.raises(BuildError, match="The deployment failed: boom"):
        check_outcome(DeploymentRecord("d", 3, "boom"), remote=False)
    with pytest.raises(BuildError, match="its status is 'conflict'"):
        check_outcome(DeploymentRecord("d", 5), remote=True)
    with pytest.raises(BuildError, match="partial success"):
        check_outcome(DeploymentRecord("d", 6), remote=True)
