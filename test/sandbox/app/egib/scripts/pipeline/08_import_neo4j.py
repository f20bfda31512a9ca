"""Puts parcels into the stand-in of Neo4j: as many as PARCELS says."""

import base64
import json
import os
import urllib.request

count = int(os.environ.get("PARCELS", "3"))
login = f"{os.environ.get('NEO4J_USER', 'neo4j')}:{os.environ['NEO4J_PASSWORD']}"
nodes = {f"node/parcel-{number}": f"(:Parcel {{id: {number}}})" for number in range(count)}
relations = {f"rel/{number}": f"{number}-[:NEAR]->{number + 1}" for number in range(count - 1)}
request = urllib.request.Request(
    "http://neo4j:7474/kv",
    data=json.dumps(nodes | relations).encode(),
    headers={"Authorization": "Basic " + base64.b64encode(login.encode()).decode()},
)
urllib.request.urlopen(request, timeout=20)
print(f"neo4j: {len(nodes)} parcels, {len(relations)} relationships")
