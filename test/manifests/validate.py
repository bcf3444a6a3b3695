"""Reads {version, objects} from stdin; prints what the schemas of that Kubernetes find fault with, as JSON."""

import json
import sys

import kubernetes_validate

request = json.load(sys.stdin)
faults = []
for item in request["objects"]:
    name = f"{item['kind']} {item['metadata']['name']}"
    try:
        kubernetes_validate.validate(item, request["version"], strict=True)
    except kubernetes_validate.ValidationError as error:
        path = ".".join(str(step) for step in error.path)
        faults.append(f"{name}: {path}: {error.message[:300]}")
    except Exception as error:
        faults.append(f"{name}: {type(error).__name__}: {error}")
print(json.dumps(faults))
