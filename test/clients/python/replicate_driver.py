"""Calls Replicate's API by the package `replicate` and prints what its user gets, as a line of JSON.

    python replicate_driver.py '{"url": "…", "key": "…", "call": "run", "model": "…", "input": {…}}'

An input that begins with `file:` is opened and sent as a file.
"""

import base64
import json
import sys
import time

import replicate
from replicate.helpers import FileOutput

asked = json.loads(sys.argv[1])
client = replicate.Client(api_token=asked["key"], base_url=asked["url"])


def opened(value):
    is_file = isinstance(value, str) and value.startswith("file:")
    return open(value[5:], "rb") if is_file else value


def plain(output):
    if isinstance(output, FileOutput):
        return {"base64": base64.b64encode(output.read()).decode(), "url": output.url[:40]}
    return {"text": output}


def described(prediction):
    return {"id": prediction.id, "status": prediction.status, "error": prediction.error}


def call():
    inputs = {name: opened(value) for name, value in asked.get("input", {}).items()}
    if asked["call"] == "run":
        return plain(client.run(asked["model"], input=inputs, **asked.get("options", {})))
    if asked["call"] == "create":
        prediction = client.predictions.create(version=asked["model"], input=inputs)
        if asked.get("cancel"):
            prediction.cancel()
        prediction.wait()
        return described(prediction)
    return described(client.predictions.get(asked["id"]))


start = time.monotonic()
try:
    outcome = {"results": [call()]}
except Exception as error:  # What a user's code would see.
    outcome = {
        "error": {
            "type": type(error).__name__,
            "status": getattr(error, "status", None),
            "text": str(error),
        }
    }
print(json.dumps({**outcome, "seconds": time.monotonic() - start}))
