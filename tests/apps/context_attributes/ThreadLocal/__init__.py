import logging
import threading


def main(req, context):
    def in_own_thread():
        context.thread_local_storage.invocation_id = context.invocation_id
        logging.info("from a thread of my own")

    thread = threading.Thread(target=in_own_thread)
    thread.start()
    thread.join()
    return context.invocation_id
