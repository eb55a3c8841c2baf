"""What the Python tours share: requests over HTTP with nothing but the standard library, and promises that name themselves."""

import json
import os
import urllib.error
import urllib.request

BASE = os.environ["SOCLE_FHIR"]
TOKEN = os.environ["SOCLE_TOKEN"]
PATIENT = os.environ["SOCLE_PATIENT"]


class Reply:
    """An answer of the server, whatever its status."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def ask(method, path, body=None, token=TOKEN, **headers):
    """One request. Header names are written with underscores."""
    url = path if path.startswith("http") else f"{BASE}/{path}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.add_header("Content-Type", "application/fhir+json")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers, error.read())


def promise(is_kept, words):
    """Ends the tour when a promise is broken."""
    if not is_kept:
        raise SystemExit(f"BROKEN: {words}")
    print(f"kept: {words}")


def expect(reply, status, words):
    """The status of an answer; its body is told when it is another one."""
    promise(reply.status == status, f"{words} ({reply.status}{'' if reply.status == status else ' ' + reply.body.decode(errors='replace')[:600]})")
    return reply
