"""The backend of a stand-in application: it says how it is, and repeats what it is told."""

import json
import os
import pathlib
import time

from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect

RELEASE = json.loads((pathlib.Path(__file__).parent / "release.json").read_text())
FAULT = os.environ.get("APP_FAULT") or RELEASE["fault"]

# What can be wrong with a release.
if FAULT == "slow":
    time.sleep(300)
if FAULT == "crash":
    raise SystemExit("fault: crash")
if FAULT == "exit":
    # gunicorn's own code for a worker that cannot boot: it ends, too.
    os._exit(3)

app = FastAPI()


@app.get("/health")
def health(response: Response):
    if FAULT == "unhealthy":
        response.status_code = 503
    return {"status": FAULT or "ok", "version": RELEASE["version"]}


@app.get("/api/echo")
def echo(text: str = ""):
    return {"text": text}


@app.get("/api/add")
def add(a: int, b: int):
    """Asks a worker."""
    from app.celery_app import add as task

    return {"sum": task.delay(a, b).get(timeout=10)}


@app.websocket("/api/v1/conversation/ws")
@app.websocket("/api/v2/conversation/ws")
async def conversation(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass
