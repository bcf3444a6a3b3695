"""Compares ours and pymatting with a direct solution on scenes: hard_scenes.py <folder>. Reads scenes.json, and for each scene
its photo, trimap and our alpha. Prints one line of JSON for each: the largest distances, in levels of eight bits. Pymatting
prints lines of its own between."""

import json
import pathlib
import sys

import numpy as np
from pymatting import estimate_alpha_cf

from pymatting_run import solve_directly

folder = pathlib.Path(sys.argv[1])
for scene in json.loads((folder / "scenes.json").read_text()):
    name, width, height = scene["name"], scene["width"], scene["height"]
    photo = np.fromfile(folder / f"{name}.rgb", np.uint8).reshape(height, width, 3) / 255.0
    trimap = np.fromfile(folder / f"{name}.gray", np.uint8).reshape(height, width) / 255.0
    ours = np.fromfile(folder / f"{name}.f32", np.float32)
    exact = solve_directly(photo, trimap)
    theirs = estimate_alpha_cf(photo, trimap).ravel()
    off = {key: float(255 * np.abs(alpha - exact).max()) for key, alpha in (("ours", ours), ("theirs", theirs))}
    print(json.dumps({"name": name, **off}))
