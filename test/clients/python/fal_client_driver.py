"""Calls fal's queue by the package `fal-client` and prints what its user gets, as a line of JSON.

    FAL_KEY=… FAL_QUEUE_RUN_HOST=… python fal_client_driver.py '{"call": "subscribe", "application": "…", "arguments": {…}}'
"""

import json
import sys
import time

import fal_client

asked = json.loads(sys.argv[1])
application = asked.get("application", "fal-ai/birefnet")


def call():
    if asked["call"] == "subscribe":
        return fal_client.subscribe(application, arguments=asked["arguments"])
    if asked["call"] == "file":
        url = fal_client.encode_file(asked["path"])
        return fal_client.subscribe(application, arguments={"image_url": url})
    if asked["call"] == "cancel":
        handle = fal_client.submit(application, arguments=asked["arguments"])
        first = handle.status()
        handle.cancel()
        states = [type(status).__name__ for status in handle.iter_events()]
        return {"position": first.position, "states": states}
    return {"state": type(fal_client.status(application, asked["id"])).__name__}


start = time.monotonic()
try:
    outcome = {"results": [call()]}
except Exception as error:  # What a user's code would see.
    response = getattr(error, "response", None)
    outcome = {
        "error": {
            "type": type(error).__name__,
            "status": getattr(response, "status_code", None),
            "text": str(error),
        }
    }
print(json.dumps({**outcome, "seconds": time.monotonic() - start}))
