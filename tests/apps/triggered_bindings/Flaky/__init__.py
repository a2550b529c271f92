import logging

import azure.functions as func


def main(msg: func.QueueMessage, seen: str, never: func.Out[str], context: func.Context):
    never.set("a function that fails writes nothing")
    retry = context.retry_context
    before = retry.exception.message if retry.exception else None
    logging.info(f"dequeue {msg.dequeue_count}, attempt {retry.retry_count} of {retry.max_retry_count}, "
                 f"before {before}, input {seen}")
    raise ValueError("always")
