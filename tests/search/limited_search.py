"""A search whose files may not grow after its first epoch.

A process of its own for `test_failures.py`, since the limit is for a whole
process; it stands for a disk that is full.
"""

import resource
import sys

from small_searches import TINY
from small_searches import Script
from small_searches import fitted
from small_searches import make_search


def limit(search, epoch):
    if epoch == 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))


if __name__ == "__main__":
    fitted(
        make_search(space=TINY),
        epochs=3,
        steps=3,
        output_dir=sys.argv[1],
        callbacks=[Script(limit)],
    )
