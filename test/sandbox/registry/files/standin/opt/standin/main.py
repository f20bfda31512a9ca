#!/usr/bin/python3
"""One program under many names: the servers that stand in for real ones, and their tools."""

import os
import sys

import grafana
import kinds
import mongo
import neo4j
import server
from client import Client
from store import Store, digest

NAME, ARGUMENTS = os.path.basename(sys.argv[0]), sys.argv[1:]


def serve(kind, volume=None):
    return lambda _: server.serve(kind, kinds.KINDS[kind], volume)


def minio(arguments):
    folders = [word for word in arguments if word.startswith("/")]
    server.serve("minio", kinds.KINDS["minio"], folders[0] if folders else None)


def mc(arguments):
    if arguments[:1] != ["ready"]:
        sys.exit(f"mc: the stand-in does not understand: {' '.join(arguments)}")
    Client("127.0.0.1", 9000).call("GET", "/minio/health/ready")
    print("The cluster is ready")


def run_grafana(arguments):
    """`grafana server` serves; `grafana cli … reset-admin-password PASSWORD` changes the login of the volume."""
    if "reset-admin-password" not in arguments:
        return server.serve("grafana", kinds.KINDS["grafana"], address=grafana.address(), guarded=grafana.guarded())
    password = sys.stdin.read().strip() if "--password-from-stdin" in arguments else arguments[-1]
    with Store(kinds.KINDS["grafana"].volume).changing() as state:
        state["login"] = digest(kinds.env("GF_SECURITY_ADMIN_USER", "admin"), password)
    return print("Admin password changed successfully ✔")


def alloy(arguments):
    """It listens where it is told to; the rest of its options does not count."""
    told = [word.partition("=")[2] for word in arguments if word.startswith("--server.http.listen-addr=")]
    host, _, port = (told or ["127.0.0.1:12345"])[-1].rpartition(":")
    server.serve("alloy", kinds.KINDS["alloy"], address=(host, int(port)))


PROGRAMS = {
    "neo4j": serve("neo4j"),
    "neo4j-admin": neo4j.admin,
    "cypher-shell": neo4j.cypher,
    "mongod": serve("mongo"),
    "mongosh": mongo.shell,
    "mongodump": mongo.dump,
    "mongorestore": mongo.restore,
    "minio": minio,
    "mc": mc,
    "milvus": serve("milvus"),
    "grafana": run_grafana,
    "loki": serve("loki"),
    "alloy": alloy,
    "cadvisor": serve("cadvisor"),
}

if __name__ == "__main__":
    PROGRAMS[NAME](ARGUMENTS)
