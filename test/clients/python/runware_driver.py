"""Makes one removal by the client `runware` and prints what its user gets, as a line of JSON.

    python runware_driver.py '{"url": "ws://…/v1", "key": "…", "task": {…}}'
"""

import asyncio
import dataclasses
import json
import sys
import time

from runware import IImageBackgroundRemoval, Runware


async def remove(url: str, key: str, task: dict) -> dict:
    client = Runware(api_key=key, url=url)
    start = time.monotonic()
    try:
        await client.connect()
        answer = await client.imageBackgroundRemoval(
            removeImageBackgroundPayload=IImageBackgroundRemoval(**task)
        )
        results = answer if isinstance(answer, list) else [answer]
        outcome = {"results": [dataclasses.asdict(result) for result in results]}
    except Exception as error:  # whatever its user would be shown
        facts = getattr(error, "error_data", {})
        outcome = {"error": {**facts, "type": type(error).__name__, "text": str(error)}}
    outcome["seconds"] = time.monotonic() - start
    await client.disconnect()
    return outcome


print(json.dumps(asyncio.run(remove(**json.loads(sys.argv[1])))))
