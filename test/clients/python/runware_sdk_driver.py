"""Makes calls by the client `runware-sdk` and prints what its user gets, as a line of JSON.

    python runware_sdk_driver.py '{"config": {"api_key": "…", "transport": "rest", …}, "calls": [["run", {…}]]}'

A call may end with the name of a helper of the client, which encodes the file that `inputs.image` names.
"""

import asyncio
import json
import sys
import time

import runware
from runware import Runware, RunwareError

FACTS = ("code", "message", "parameter", "retryable", "task_type", "task_uuid", "status_code")


def encode(params: dict, helper: str) -> dict:
    return {**params, "inputs": {"image": getattr(runware, helper)(params["inputs"]["image"])}}


async def call(config: dict, calls: list) -> dict:
    start = time.monotonic()
    results = []
    try:
        async with Runware(**config) as client:
            for method, params, *helper in calls:
                sent = encode(params, *helper) if helper else params
                results += await getattr(client, method)(sent)
        outcome = {"results": results}
    except RunwareError as error:
        facts = {name: getattr(error, name) for name in FACTS}
        outcome = {"error": {**facts, "type": type(error).__name__}}
    return {**outcome, "seconds": time.monotonic() - start}


print(json.dumps(asyncio.run(call(**json.loads(sys.argv[1])))))
