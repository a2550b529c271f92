"""The guide's tested queue function of 2019: its test, and the function that the host runs.

In a module of its own: the queue has the name that another of the guide's functions listens to, and both would compete.
"""

from pathlib import Path

from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import copy_of, run
from tests.compat.app_storage import Store


def test_the_tested_queue_function_of_2019_runs_for_a_message_and_passes_its_test(store: Store, tmp_path: Path) -> None:
    app = copy_of("guide_queue_function_2019", tmp_path)
    assert "Ran 1 test" in run(app, "unittest", "myapp.test_func")
    storage = store.storage_of(app)
    with HostProcess(app, env=store.settings) as host:
        storage.put_message("python-queue-items", "test")
        host.wait_for_line(r"Function 'myapp' returned a value of type str that none of its bindings takes")
        eventually(lambda: storage.count("python-queue-items") == 0)
