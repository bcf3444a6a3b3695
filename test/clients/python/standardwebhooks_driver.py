"""Verifies a webhook by the package `standardwebhooks` and prints what its user gets, as a line of JSON.

    python standardwebhooks_driver.py '{"secret": "whsec_…", "body": "…", "headers": {…}}'
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

received = json.loads(sys.argv[1])
try:
    payload = Webhook(received["secret"]).verify(received["body"], received["headers"])
    outcome = {"results": [payload]}
except WebhookVerificationError as error:
    outcome = {"error": {"type": type(error).__name__, "text": str(error)}}
print(json.dumps(outcome))
