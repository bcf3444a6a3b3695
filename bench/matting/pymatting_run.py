"""Runs pymatting once on raw pixels: pymatting_run.py <folder> <width> <height> [direct]. Prints core-seconds and peak
memory. With `direct` it also solves pymatting's system with a direct factor in double precision, to direct.f32."""

import json
import pathlib
import resource
import sys
import time

import numpy as np
import scipy.sparse.linalg
from pymatting import cf_laplacian, estimate_alpha_cf, estimate_foreground_ml, trimap_split


def solve_directly(photo, trimap):
    """Pymatting's system, by a direct factor in double precision. Returns one value for each pixel."""
    is_fg, _, is_known, is_unknown = trimap_split(trimap)
    laplacian = cf_laplacian(photo, is_known=is_known)
    matrix = laplacian[is_unknown][:, is_unknown].tocsc()
    right = -laplacian[is_unknown][:, is_known].dot(is_fg[is_known].astype(np.float64))
    factor = scipy.sparse.linalg.splu(
        matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    solution = factor.solve(right)
    for _ in range(2):
        solution += factor.solve(right - matrix @ solution)
    exact = trimap.ravel().copy()
    exact[is_unknown] = np.clip(solution, 0, 1)
    return exact


def run():
    folder, width, height = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    photo = np.fromfile(folder / "photo.rgb", np.uint8).reshape(height, width, 3) / 255.0
    trimap = np.fromfile(folder / "trimap.gray", np.uint8).reshape(height, width) / 255.0

    # Lets numba compile before the clock starts.
    small = np.zeros((8, 8))
    small[:, 4:] = 1.0
    small[:, 3:5] = 0.5
    estimate_foreground_ml(np.random.rand(8, 8, 3), estimate_alpha_cf(np.random.rand(8, 8, 3), small))

    start = time.process_time()
    alpha = estimate_alpha_cf(photo, trimap)
    middle = time.process_time()
    estimate_foreground_ml(photo, alpha)
    end = time.process_time()

    alpha.astype(np.float32).tofile(folder / "alpha.f32")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scale = 1 if sys.platform == "darwin" else 1024

    if "direct" in sys.argv:
        solve_directly(photo, trimap).astype(np.float32).tofile(folder / "direct.f32")
    print(json.dumps({"alphaS": middle - start, "foregroundS": end - middle, "peakBytes": peak * scale}))


if __name__ == "__main__":
    run()
