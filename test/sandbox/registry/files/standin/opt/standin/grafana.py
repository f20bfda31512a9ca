"""What the stand-in of Grafana tells of its provisioning: data sources as they were at its start, dashboards as they are."""

import glob
import json
import os
import re


def datasources(folder="/etc/grafana/provisioning/datasources"):
    """The entries of the folder's files: lines `- name: …`, and `type`, `uid` and `url` below each."""
    found = []
    for path in sorted(glob.glob(f"{folder}/*.yml")):
        with open(path, encoding="utf8") as file:
            for line in file:
                entry = re.match(r"\s+(?:- )?(name|type|uid|url): (.+)", line)
                if entry is None:
                    continue
                if entry[1] == "name":
                    found.append({})
                found[-1][entry[1]] = entry[2].strip().strip("'\"")
    return json.dumps(found)


def dashboards(folder="/etc/grafana/dashboards"):
    """The dashboards of a folder as a search shows them; a file that is no dashboard is passed over, as Grafana does."""
    found = []
    for path in sorted(glob.glob(f"{folder}/*.json")):
        try:
            with open(path, encoding="utf8") as file:
                board = json.load(file)
            found.append({"type": "dash-db", "uid": board["uid"], "title": board["title"]})
        except (KeyError, ValueError):
            print(f"failed to load dashboard from {path}", flush=True)
    return json.dumps(found)


def guarded():
    """Pages for whoever is logged in, by their paths."""
    at_start = datasources()
    return {
        "/api/org": lambda: json.dumps({"id": 1, "name": "Main Org."}),
        "/api/datasources": lambda: at_start,
        "/api/search": dashboards,
    }


def address():
    return os.environ.get("GF_SERVER_HTTP_ADDR", ""), int(os.environ.get("GF_SERVER_HTTP_PORT", "3000"))
