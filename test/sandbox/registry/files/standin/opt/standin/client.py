"""How the command-line tools of a stand-in reach its server."""

import base64
import json
import sys
import urllib.error
import urllib.request


class Client:
    def __init__(self, host, port, user="", password=""):
        self.url = f"http://{host}:{port}"
        code = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {code}"} if user or password else {}

    def call(self, method, path, body=None, unauthorized="authentication failed"):
        """The body of the reply; ends the program where there is none, as the tools do."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=self.headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError as error:
            sys.exit(unauthorized if error.code == 401 else f"{self.url}: {error.code} {error.reason}")
        except OSError as error:
            sys.exit(f"cannot connect to {self.url}: {error}")

    def all(self, unauthorized):
        return json.loads(self.call("GET", "/kv", None, unauthorized))
