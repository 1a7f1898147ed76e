"""How much memory this process may have."""

import os
import pathlib

# Of a container, the newer kind and the older: the limit and what is used.
_GROUPS = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)


def memory_limit(root="/"):
    """The bytes this process may have, those it has included, or `None`.

    What others use is left to them; where the system does not say what that
    is, all memory of the machine counts.

    Args:
        root: Folder in which `proc` and `sys` are. Defaults to `"/"`.

    Example:

    >>> limit = memory_limit()
    >>> limit is None or limit > 0
    True
    """
    root = pathlib.Path(root)
    found = [_of_machine(root), *(_of_group(root, *g) for g in _GROUPS)]
    known = [free for free in found if free is not None]
    if known:
        return max(min(known), 0) + _resident(root)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_machine(root):
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) * 1024
    return None


def _of_group(root, limit, used):
    limit, used = (
        _text(root / "sys/fs/cgroup" / name).strip() for name in (limit, used)
    )
    # Without a limit the newer kind says "max".
    if not limit.isdigit() or not used.isdigit():
        return None
    return int(limit) - int(used)


def _resident(root):
    pages = _text(root / "proc/self/statm").split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""
