"""The worker of the stand-in application: Redis carries its tasks and their results."""

import os
from urllib.parse import quote

from celery import Celery

HOST, PORT = os.environ.get("REDIS_HOST", "redis"), os.environ.get("REDIS_PORT", "6379")
URL = f"redis://:{quote(os.environ.get('REDIS_PASSWORD', ''), safe='')}@{HOST}:{PORT}/0"

app = Celery("app", broker=URL, backend=URL)
app.conf.broker_connection_retry_on_startup = True


@app.task
def add(a, b):
    return a + b
