import concurrent.futures
import logging
import sys
import threading

logging.info("import: root")
logging.getLogger("my.module").warning("import: named")
print("import: print")

executor = concurrent.futures.ThreadPoolExecutor(1)


def in_thread():
    logging.info("thread: info")


def main(req):
    for level in ("critical", "error", "warning", "info", "debug"):
        getattr(logging, level)("root: %s", level)
        getattr(logging.getLogger("my.module"), level)("named: %s", level)
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    executor.submit(logging.info, "executor: info").result()
    print("print: stdout")
    print("print: stderr", file=sys.stderr)
    print("print: not flushed", flush=False)
    try:
        raise ValueError("caught")
    except ValueError:
        logging.exception("exception: text")
    logging.info("two\nlines")
    return "logged"
