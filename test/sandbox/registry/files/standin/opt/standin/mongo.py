"""mongosh, mongodump and mongorestore of a stand-in: the key DATABASE.COLLECTION/ID is a document."""

import argparse
import collections
import gzip
import json
import re
import sys
import time
import urllib.parse
import uuid
import zlib

from client import Client

DENIED = "MongoServerError: Authentication failed."


def parse(program, arguments, *flags):
    parser = argparse.ArgumentParser(program, allow_abbrev=False)
    for name in ("--host", "--port", "--authenticationDatabase", "--config", "--uri", *flags):
        parser.add_argument(name)
    for name in ("--quiet", "--norc", "--gzip", "--drop", "--stopOnError", "--nodb"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("-u", "--username", default="")
    parser.add_argument("-p", "--password", default="")
    parser.add_argument("-d", "--db", default="")
    parser.add_argument("--archive", nargs="?", const="-")
    parser.add_argument("address", nargs="?")
    options = parser.parse_args(arguments)
    if options.config:
        with open(options.config, encoding="utf8") as file:
            found = re.search(r"^password: *'((?:[^']|'')*)'|^password: *(\S+)", file.read(), re.M)
        options.password = found and (found[1] or "").replace("''", "'") or (found and found[2]) or ""
    uri = urllib.parse.urlsplit(options.uri or (options.address or "") if "//" in (options.uri or options.address or "") else "")
    options.db = options.db or uri.path.strip("/") or ("" if uri.netloc else options.address) or ""
    user = options.username or urllib.parse.unquote(uri.username or "")
    password = options.password or urllib.parse.unquote(uri.password or "")
    return options, Client(options.host or uri.hostname or "127.0.0.1", options.port or uri.port or 27017, user, password)


def shell(arguments):
    options, client = parse("mongosh", arguments, "--eval")
    client.call("GET", "/")
    for line in filter(None, map(str.strip, (options.eval or sys.stdin.read()).split(";"))):
        evaluate(client, options.db or "test", re.sub(r"^print(?:json)?\((.*)\)$", r"\1", line))


def evaluate(client, database, line):
    other = re.match(r"db\.getSiblingDB\(['\"](\w+)['\"]\)\.", line)
    if other:
        database, line = other[1], "db." + line[other.end() :]
    if re.match(r"db\.(adminCommand|runCommand)\(.*ping.*\)", line):
        print("1" if line.endswith(".ok") else "{ ok: 1 }")
    elif line == "db.version()":
        print("7.0.0")
    elif found := re.match(r"db\.(?:getCollection\(['\"])?(\w+)(?:['\"]\))?\.(\w+)\((.*)\)$", line, re.S):
        name, action, argument = f"{database}.{found[1]}", found[2], found[3]
        if action in ("countDocuments", "estimatedDocumentCount"):
            print(sum(key.startswith(f"{name}/") for key in client.all(DENIED)))
        elif action in ("insertOne", "insertMany"):
            documents = re.findall(r"\{[^{}]*\}", argument)
            client.call("POST", "/kv", {f"{name}/{uuid.uuid4()}": document for document in documents}, DENIED)
            print("{ acknowledged: true }")
        elif action in ("drop", "deleteMany"):
            client.call("DELETE", f"/kv/{name}", None, DENIED)
            print("true")
        else:
            sys.exit(f"the stand-in does not understand: {line}")
    else:
        sys.exit(f"the stand-in does not understand: {line}")


def log(text):
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%S')}.000+0000\t{text}", file=sys.stderr)


def by_collection(documents):
    return sorted(collections.Counter(key.partition("/")[0] for key in documents).items())


def dump(arguments):
    options, client = parse("mongodump", arguments)
    documents = client.all("Failed: can't create session: auth error: Authentication failed.")
    chosen = {key: text for key, text in documents.items() if not options.db or key.startswith(f"{options.db}.")}
    data = json.dumps(chosen).encode()
    with sys.stdout.buffer if options.archive == "-" else open(options.archive or "dump.archive", "wb") as out:
        out.write(gzip.compress(data) if options.gzip else data)
    for name, count in by_collection(chosen):
        log(f"done dumping {name} ({count} document{'' if count == 1 else 's'})")


def restore(arguments):
    options, client = parse("mongorestore", arguments)
    with sys.stdin.buffer if options.archive in (None, "-") else open(options.archive, "rb") as source:
        data = source.read()
    try:
        documents = json.loads(gzip.decompress(data) if options.gzip else data)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        sys.exit(f"Failed: stream or file does not appear to be a mongodump archive: {error}")
    present = client.all("Failed: can't create session: auth error: Authentication failed.")
    for name, count in by_collection(documents):
        if options.drop:
            client.call("DELETE", f"/kv/{name}")
        own = {key: text for key, text in documents.items() if key.startswith(f"{name}/")}
        fresh = {key: text for key, text in own.items() if options.drop or key not in present}
        twice = count - len(fresh)
        client.call("POST", "/kv", fresh)
        log(f"finished restoring {name} ({count - twice} document{'' if count == 1 else 's'}, {twice} failures)")
        if twice and options.stopOnError:
            sys.exit("Failed: E11000 duplicate key error")
