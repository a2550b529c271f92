"""Puts as many messages into the queue as the argument says."""

import sys

from tasks import app, take

with app.producer_pool.acquire(block=True) as producer:
    for _ in range(int(sys.argv[1])):
        take.apply_async(("no-op",), producer=producer)
