"""Writes the reference masks of test/fidelity.spec.ts: what rembg gives for our drawn photos, by the same weights.

Run by hand when a drawing or the default weights change, after `npx clearcut models pull runware:109@1`:

    python3 -m venv env && env/bin/pip install -r test/rembg/requirements.txt
    env/bin/python test/rembg/write_masks.py MODELS_DIR
"""

import hashlib
import os
import sys
from pathlib import Path

from PIL import Image

# The file isnet-fp16 of libs/models/src/rows/isnet.ts.
SHA256 = "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb"

here = Path(__file__).parent
photos = here.parent.parent / "docs" / "pictures"
weights = Path(sys.argv[1]).resolve() / "sha256" / f"{SHA256}.onnx"

if hashlib.sha256(weights.read_bytes()).hexdigest() != SHA256:
    sys.exit(f"{weights} is damaged")

# rembg loads files of its own folder only.
os.environ["U2NET_HOME"] = str(weights.parent)
from rembg import new_session, remove  # noqa: E402

# dis_custom treats any file as rembg treats isnet-general-use.
session = new_session("dis_custom", model_path=str(weights))
for name in ["cat", "mug"]:
    mask = remove(Image.open(photos / f"{name}.jpg"), session=session, only_mask=True)
    mask.save(here / f"{name}.png", optimize=True)
