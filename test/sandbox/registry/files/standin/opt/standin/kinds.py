"""What the stand-ins stand in for: ports, volume, pages, and where the first login comes from."""

import json
import os
import sys


def env(name, fallback=""):
    """A variable, or the content of the file that NAME_FILE (or NAME__FILE) names."""
    for suffix in ("_FILE", "__FILE"):
        if os.environ.get(name + suffix):
            with open(os.environ[name + suffix], encoding="utf8") as file:
                return file.read().strip()
    return os.environ.get(name) or fallback


def neo4j_login():
    user, _, password = env("NEO4J_AUTH", "neo4j/neo4j").partition("/")
    if user == "none":
        return None
    if len(password) < 8 and password != "neo4j":
        sys.exit("Invalid value for password. The minimum password length is 8 characters.")
    return user, password


def mongo_login():
    user, password = env("MONGO_INITDB_ROOT_USERNAME"), env("MONGO_INITDB_ROOT_PASSWORD")
    if bool(user) != bool(password):
        sys.exit("error: both MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD are needed, or none")
    return (user, password) if user else None


class Kind:
    def __init__(self, ports, volume, health, pages=None, login=None, fixed=True, metrics=""):
        self.ports, self.volume, self.health = ports, volume, health
        self.pages = pages or {}
        # The first login stays when it is `fixed`, or follows the environment at each start.
        self.login, self.fixed, self.metrics = login or (lambda: None), fixed, metrics


VERSION = os.environ.get("STANDIN_VERSION", "0")

KINDS = {
    "neo4j": Kind([7474, 7687], "/data", [], {"/": json.dumps({"neo4j_version": VERSION})}, neo4j_login),
    "mongo": Kind(
        [27017],
        "/data/db",
        [],
        {"/": "It looks like you are trying to access MongoDB over HTTP on the native driver port.\n"},
        mongo_login,
    ),
    "minio": Kind(
        [9000, 9001],
        "/data",
        ["/minio/health/live", "/minio/health/ready", "/minio/health/cluster"],
        login=lambda: (env("MINIO_ROOT_USER", "minioadmin"), env("MINIO_ROOT_PASSWORD", "minioadmin")),
        fixed=False,
    ),
    "milvus": Kind([19530, 9091], "/var/lib/milvus", ["/healthz"]),
    "grafana": Kind(
        [3000],
        "/var/lib/grafana",
        [],
        {
            "/": "<!doctype html><title>Grafana</title>",
            "/login": "<!doctype html><title>Grafana</title>",
            "/api/health": json.dumps({"commit": "standin", "database": "ok", "version": VERSION}),
        },
        lambda: (env("GF_SECURITY_ADMIN_USER", "admin"), env("GF_SECURITY_ADMIN_PASSWORD", "admin")),
    ),
    "loki": Kind([3100], "/loki", ["/ready"], {"/loki/api/v1/labels": '{"status":"success","data":[]}'}),
    "alloy": Kind([12345], "/var/lib/alloy/data", ["/-/ready", "/-/healthy"]),
    "cadvisor": Kind(
        [8080],
        "/tmp",
        ["/healthz"],
        metrics=f'cadvisor_version_info{{cadvisorVersion="{VERSION}"}} 1\ncontainer_last_seen{{id="/"}} 1\n',
    ),
}
