"""Makes a vector for each parcel; they are left in the folder `data` of the project."""

import json
import os
import pathlib

count = int(os.environ.get("PARCELS", "3"))
vectors = {f"parcel-{number}": [number, number * number % 7] for number in range(count)}
pathlib.Path("data").mkdir(exist_ok=True)
pathlib.Path("data/embeddings.json").write_text(json.dumps(vectors))
print(f"embeddings: {len(vectors)}")
