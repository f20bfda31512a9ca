"""The server of a stand-in: health, metrics, a key-value store behind the login, and faults on demand."""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from store import InUse, Store, digest


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body="", kind="text/plain"):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Basic")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        path = unquote(self.path.partition("?")[0])
        fault = self.store.fault()
        if fault == "hang":
            time.sleep(3600)
        if fault == "unhealthy":
            return self.reply(503, "unhealthy\n")
        if path in self.kind.health:
            return self.reply(200, "ok\n")
        if path in self.kind.pages:
            return self.reply(200, self.kind.pages[path])
        if path == "/metrics":
            state = self.store.read()
            return self.reply(200, f"standin_boots {state['boots']}\nstandin_keys {len(state['kv'])}\n{self.kind.metrics}")
        if path in self.guarded:
            if not self.store.lets_in(self.headers.get("Authorization")):
                return self.reply(401, '{"message":"Invalid username or password"}', "application/json")
            return self.reply(200, self.guarded[path](), "application/json")
        if path == "/loki/api/v1/push" and self.name == "loki":
            return self.reply(204)
        if path == "/kv" or path.startswith("/kv/"):
            if not self.store.lets_in(self.headers.get("Authorization")):
                return self.reply(401, "authentication failed\n")
            return self.keys(path[len("/kv/") :], body)
        return self.reply(404, "not found\n")

    def keys(self, key, body):
        if self.command == "GET":
            kv = self.store.read()["kv"]
            if not key:
                return self.reply(200, json.dumps(kv), "application/json")
            return self.reply(200, kv[key]) if key in kv else self.reply(404, "not found\n")
        with self.store.changing() as state:
            if self.command == "PUT":
                state["kv"][key] = body
            elif self.command == "DELETE":
                for name in [name for name in state["kv"] if name == key or name.startswith(f"{key}/") or not key]:
                    del state["kv"][name]
            else:
                state["kv"].update(json.loads(body))
        return self.reply(204)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = any


def watch(store):
    while True:
        if store.fault() == "crash":
            print("fault: crash", file=sys.stderr, flush=True)
            os._exit(1)
        time.sleep(0.2)


def serve(name, kind, volume=None, address=None, guarded=None):
    """Serves on all ports of the kind, or on one address; `guarded` are pages for whoever is logged in."""
    store = Store(volume or kind.volume)
    try:
        store.held = store.own()
    except InUse:
        sys.exit(f"{name}: the volume {store.folder} is in use by another server")
    login = kind.login()
    with store.changing() as state:
        if state["boots"] == 0 or not kind.fixed:
            state["login"] = digest(*login) if login else None
        state["boots"] += 1
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    handler = type("Bound", (Handler,), {"name": name, "kind": kind, "store": store, "guarded": guarded or {}})
    for host, port in [address] if address else [("", port) for port in kind.ports]:
        server = ThreadingHTTPServer((host, port), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{name} (a stand-in) is ready, start {state['boots']}", flush=True)
    watch(store)
