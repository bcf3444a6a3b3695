"""Runs pymatting once on raw pixels: pymatting_run.py <folder> <width> <height>. Prints seconds and peak memory."""

import json
import pathlib
import resource
import sys
import time

import numpy as np
from pymatting import estimate_alpha_cf, estimate_foreground_ml

folder, width, height = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
photo = np.fromfile(folder / "photo.rgb", np.uint8).reshape(height, width, 3) / 255.0
trimap = np.fromfile(folder / "trimap.gray", np.uint8).reshape(height, width) / 255.0

# Lets numba compile before the clock starts.
small = np.zeros((8, 8))
small[:, 4:] = 1.0
small[:, 3:5] = 0.5
estimate_foreground_ml(np.random.rand(8, 8, 3), estimate_alpha_cf(np.random.rand(8, 8, 3), small))

start = time.perf_counter()
alpha = estimate_alpha_cf(photo, trimap)
middle = time.perf_counter()
estimate_foreground_ml(photo, alpha)
end = time.perf_counter()

alpha.astype(np.float32).tofile(folder / "alpha.f32")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scale = 1 if sys.platform == "darwin" else 1024
print(json.dumps({"alphaS": middle - start, "foregroundS": end - middle, "peakBytes": peak * scale}))
