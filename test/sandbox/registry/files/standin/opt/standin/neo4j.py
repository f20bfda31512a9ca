"""cypher-shell and neo4j-admin of a stand-in: keys `node/…` are nodes, keys `rel/…` are relationships."""

import argparse
import json
import os
import re
import sys
import uuid

from client import Client
from kinds import KINDS
from store import InUse, Store

MAGIC = "standin neo4j dump 1\n"


def cypher(arguments):
    parser = argparse.ArgumentParser("cypher-shell", allow_abbrev=False)
    parser.add_argument("-u", "--username", default=os.environ.get("NEO4J_USERNAME", ""))
    parser.add_argument("-p", "--password", default=os.environ.get("NEO4J_PASSWORD", ""))
    parser.add_argument("-a", "--address", "--uri", default=os.environ.get("NEO4J_URI", "bolt://127.0.0.1:7687"))
    parser.add_argument("-d", "--database", default="neo4j")
    parser.add_argument("--format", default="plain")
    parser.add_argument("--non-interactive", action="store_true")
    parser.add_argument("query", nargs="?")
    options = parser.parse_args(arguments)
    host, _, port = options.address.rpartition("//")[2].partition(":")
    client = Client(host, port or "7687", options.username, options.password)
    keys = client.all("The client is unauthorized due to authentication failure.")
    for query in filter(None, map(str.strip, (options.query or sys.stdin.read()).split(";"))):
        run(client, keys, query)


def run(client, keys, query):
    counted = re.search(r"RETURN\s+(count\(\w*\*?\))(?:\s+AS\s+(\w+))?$", query, re.I)
    constant = re.fullmatch(r"RETURN\s+(\d+)(?:\s+AS\s+(\w+))?", query, re.I)
    if counted:
        kind = "rel/" if re.search(r"-\s*\[", query) else "node/"
        print(counted[2] or counted[1], sum(key.startswith(kind) for key in keys), sep="\n")
    elif constant:
        print(constant[2] or constant[1], constant[1], sep="\n")
    elif re.match(r"CREATE\s*\(", query, re.I):
        client.call("POST", "/kv", {f"node/{uuid.uuid4()}": query})
    elif re.fullmatch(r"MATCH\s*\(\w+\)\s*DETACH\s+DELETE\s+\w+", query, re.I):
        for folder in ("node", "rel"):
            client.call("DELETE", f"/kv/{folder}")
    else:
        sys.exit(f"the stand-in does not understand: {query}")


def admin(arguments):
    parser = argparse.ArgumentParser("neo4j-admin", allow_abbrev=False)
    parser.add_argument("group", choices=["database"])
    parser.add_argument("action", choices=["dump", "load"])
    parser.add_argument("database")
    parser.add_argument("--to-stdout", "--from-stdin", dest="stream", action="store_true")
    parser.add_argument("--to-path", "--from-path", dest="path")
    parser.add_argument("--overwrite-destination", nargs="?", const="true", default="false")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    if options.stream == bool(options.path):
        parser.error("one of a path and a stream is needed")
    store = Store(KINDS["neo4j"].volume)
    try:
        held = store.own()
    except InUse:
        sys.exit(f"The database is in use. Stop database '{options.database}' and try again.")
    file = options.path and os.path.join(options.path, f"{options.database}.dump")
    with held:
        (dump if options.action == "dump" else load)(store, file, options)


def dump(store, file, options):
    if not store.exists():
        sys.exit(f"Database does not exist: {options.database}")
    if file and os.path.exists(file) and options.overwrite_destination != "true":
        sys.exit(f"File already exists: {file}")
    with open(file, "w", encoding="utf8") if file else sys.stdout as out:
        out.write(MAGIC + json.dumps(store.read()["kv"]))


def load(store, file, options):
    if store.exists() and options.overwrite_destination != "true":
        sys.exit(f"Database already exists: {options.database}")
    with open(file, encoding="utf8") if file else sys.stdin as source:
        text = source.read()
    if not text.startswith(MAGIC):
        sys.exit("Not a valid Neo4j archive")
    with store.changing() as state:
        state["kv"] = json.loads(text[len(MAGIC) :])
