"""What a stand-in keeps: one JSON file in its volume, written whole or not at all."""

import base64
import contextlib
import fcntl
import hashlib
import json
import os

EMPTY = {"boots": 0, "login": None, "kv": {}}


class InUse(Exception):
    """Somebody else has the volume."""


def digest(user, password):
    return hashlib.sha256(f"{user}:{password}".encode()).hexdigest()


class Store:
    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "standin.json")

    def exists(self):
        return os.path.exists(self.path)

    def read(self):
        if not self.exists():
            return dict(EMPTY, kv={})
        with open(self.path, encoding="utf8") as file:
            return json.load(file)

    def _locked(self, name, flags):
        os.makedirs(self.folder, exist_ok=True)
        file = open(os.path.join(self.folder, name), "w", encoding="utf8")
        try:
            fcntl.flock(file, flags)
        except BlockingIOError:
            file.close()
            raise InUse from None
        return file

    def own(self):
        """Takes the volume as its server does: for as long as the returned file is open. Raises InUse."""
        return self._locked("standin.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)

    @contextlib.contextmanager
    def changing(self):
        with self._locked("standin.write", fcntl.LOCK_EX):
            state = self.read()
            yield state
            with open(self.path + ".new", "w", encoding="utf8") as file:
                json.dump(state, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(self.path + ".new", self.path)

    def fault(self):
        """What a test wrote into the file `fault` of the volume: crash, unhealthy or hang."""
        try:
            with open(os.path.join(self.folder, "fault"), encoding="utf8") as file:
                return file.read().strip()
        except OSError:
            return ""

    def lets_in(self, header):
        """Whether an Authorization header is that of the login, where there is one."""
        login = self.read()["login"]
        if login is None:
            return True
        with contextlib.suppress(ValueError):
            kind, _, code = (header or "").partition(" ")
            user, _, password = base64.b64decode(code).decode().partition(":")
            return kind == "Basic" and digest(user, password) == login
        return False
