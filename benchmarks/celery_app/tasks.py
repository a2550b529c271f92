"""The same no-op as a Celery task; runs in an environment of its own."""

import os

from celery import Celery

app = Celery("bench", broker=os.environ["BENCH_BROKER"])
# Late acknowledgement is what a queue trigger gives; as many messages are taken ahead as a batch has.
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=16)


@app.task(name="take")
def take(text):
    pass
