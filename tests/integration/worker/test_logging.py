"""Log records and printed lines."""

from __future__ import annotations

import signal

import pytest

from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import DEADLINE, WorkerDriver

FIVE = """
import logging
{} main(req):
    logging.debug("at debug")
    logging.info("at info")
    logging.warning("at %s", "warning")
    logging.getLogger("my.logger").error("at error")
    logging.critical("at critical")
    return "x"
"""


def named(worker: WorkerDriver) -> list[list[object]]:
    return [record[:5] for record in worker.logs]


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_five_levels_with_logger_function_and_invocation(app: App, start: Start, kind: str) -> None:
    app.function("f", FIVE.format(kind))
    worker = start(app, level="DEBUG")
    worker.get("f")
    records = [record for record in named(worker) if str(record[2]).startswith("at ")]
    invocation = records[0][4]
    assert records == [
        [10, "root", "at debug", "f", invocation],
        [20, "root", "at info", "f", invocation],
        [30, "root", "at warning", "f", invocation],
        [40, "my.logger", "at error", "f", invocation],
        [50, "root", "at critical", "f", invocation],
    ]


def test_the_level_of_the_root_logger(app: App, start: Start) -> None:
    app.function("f", FIVE.format("def"))
    worker = start(app, level="ERROR")
    worker.get("f")
    assert [record[2] for record in worker.logs] == ["at error", "at critical"]


def test_import_time_records_belong_to_no_invocation(app: App, start: Start) -> None:
    app.function("f", "import logging\nlogging.warning('importing')\ndef main(req): return 'x'")
    assert start(app).wait_for_log("importing")[3:5] == [None, None]


THREADS = """
import asyncio, logging, threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)

async def main(req):
    async def child():
        logging.warning("from child task")
    loop = asyncio.get_event_loop()
    await asyncio.gather(child(), loop.create_task(child()))
    await loop.run_in_executor(None, logging.warning, "from default executor")
    pool.submit(logging.warning, "from own executor").result()
    thread = threading.Thread(target=logging.warning, args=("from thread",))
    thread.start()
    thread.join()
    return "x"
"""


def test_tasks_threads_and_executors_carry_the_invocation(app: App, start: Start) -> None:
    app.function("f", THREADS)
    worker = start(app)
    worker.get("f")
    worker.get("f")
    records = [record for record in named(worker) if str(record[2]).startswith("from ")]
    assert len(records) == 10
    assert {record[3] for record in records} == {"f"}
    first, second = records[0][4], records[-1][4]
    assert first != second
    assert [record[4] for record in records] == [first] * 5 + [second] * 5


def test_an_own_thread_may_name_its_invocation_in_the_thread_local_storage(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import logging, queue, threading, _thread
        jobs, done = queue.Queue(), threading.Event()
        def work():
            while True:
                context = jobs.get()
                context.thread_local_storage.invocation_id = context.invocation_id
                logging.warning("by hand")
                done.set()
        _thread.start_new_thread(work, ())
        def main(req, context):
            jobs.put(context)
            done.wait(10)
            return context.invocation_id
        """,
    )
    worker = start(app)
    invocation = worker.get("f").body.decode()
    assert worker.wait_for_log("by hand")[3:5] == ["f", invocation]


def test_a_traceback_is_part_of_its_message(app: App, start: Start) -> None:
    app.function(
        "f", "import logging\ndef main(req):\n    try: 1/0\n    except Exception: logging.exception('went wrong')\n"
    )
    worker = start(app)
    worker.get("f")
    text = worker.wait_for_log("went wrong")[2]
    assert text.startswith("went wrong\nTraceback (most recent call last):")
    assert text.endswith("ZeroDivisionError: division by zero")


def test_a_record_that_cannot_be_formatted_disturbs_nothing(app: App, start: Start) -> None:
    app.function(
        "f", "import logging\ndef main(req): logging.info('%d', 'no number'); logging.info('next'); return 'x'"
    )
    worker = start(app)
    assert worker.get("f").body == b"x"
    assert [record[2] for record in worker.logs] == ["next"]
    worker.wait_for_output("stderr", b"--- Logging error ---")


def test_what_was_logged_arrives_when_the_process_ends_at_once(app: App, start: Start) -> None:
    app.function(
        "f", "import logging, os\ndef main(req):\n    for i in range(500): logging.info('n%d', i)\n    os._exit(3)"
    )
    worker = start(app)
    call = worker.http("f")
    with pytest.raises(EOFError):
        worker.answer(call)
    assert [record[2] for record in worker.logs] == [f"n{i}" for i in range(500)]
    assert worker.process.wait(DEADLINE) == 3


def test_a_flood_of_records_is_slowed_down_and_complete(app: App, start: Start) -> None:
    app.function(
        "f", "import logging\nasync def main(req):\n    for i in range(300): logging.info('%d' + 'x' * 10000, i)"
    )
    worker = start(app)
    worker.get("f")
    assert [int(record[2].rstrip("x")) for record in worker.logs] == list(range(300))


CONFIGURATIONS = [
    "logging.basicConfig(force=True, level='INFO', handlers=[logging.NullHandler()])",
    "logging.getLogger().handlers.clear()",
    "import logging.config; logging.config.dictConfig({'version': 1, 'root': {'level': 'INFO', 'handlers': []}})",
]


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_handler_comes_back_if_the_app_left_none_that_reaches_the_console(
    app: App, start: Start, configuration: str
) -> None:
    app.function("f", f"import logging\n{configuration}\ndef main(req): logging.warning('after'); return 'x'")
    worker = start(app)
    worker.get("f")
    assert [record[2] for record in worker.logs] == ["after"]


def test_an_own_stream_handler_is_not_doubled(app: App, start: Start) -> None:
    app.function(
        "f",
        "import logging\nlogging.basicConfig(force=True, format='MY %(message)s')\n"
        "def main(req): logging.warning('after'); return 'x'",
    )
    worker = start(app)
    worker.get("f")
    worker.wait_for_output("stderr", b"MY after\n")
    assert worker.logs == []


def test_printed_lines_appear_at_once_and_the_rest_after_the_call(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import os, sys, time
        def main(req):
            print("a line")
            print("an error line", file=sys.stderr)
            while not os.path.exists("go"):
                time.sleep(0.01)
            print("no newline", end="")
            raise ValueError
        """,
    )
    worker = start(app)
    call = worker.http("f")
    worker.wait_for_output("stdout", b"a line\n")
    worker.wait_for_output("stderr", b"an error line\n")
    app.file("go")
    worker.answer(call)
    worker.wait_for_output("stdout", b"no newline")


def test_nothing_printed_is_lost_on_kill(app: App, start: Start) -> None:
    app.function("f", "def main(req):\n    for i in range(1000): print('line', i)\n    return 'x'")
    worker = start(app)
    worker.get("f")
    worker.process.send_signal(signal.SIGKILL)
    assert worker.stop_output()["stdout"].count(b"\n") == 1000
