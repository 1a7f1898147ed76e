"""What the cores can do: products of large matrices in single precision.

python benchmarks/peak.py
"""

import os
import subprocess
import sys
import time

from circumstances import cores

SIDE = 1536
REPETITIONS = 12
# Those of the libraries that NumPy may have been built with.
THREADS = (
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def measured_peak():
    """GFLOP/s of one core and of all of them, measured now."""
    return {
        "one_thread": in_a_process(1),
        "all_threads": in_a_process(cores()),
        "threads": cores(),
    }


def in_a_process(threads):
    # The libraries read their number of threads once, when they are loaded.
    environment = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
    done = subprocess.run(
        [sys.executable, __file__, "--here"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def gflops_here():
    """The best of a few products, since others may use the machine too."""
    # Not at the top: loaded only where its number of threads is set.
    import numpy as np

    left = np.ones((SIDE, SIDE), "float32")
    right = left.copy()
    product = np.empty_like(left)
    seconds = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        np.matmul(left, right, out=product)
        seconds.append(time.perf_counter() - start)
    return 2 * SIDE**3 / min(seconds) / 1e9


if __name__ == "__main__":
    print(gflops_here() if "--here" in sys.argv else measured_peak())
