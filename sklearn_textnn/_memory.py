"""Free memory, to check before large allocations."""

import os


def available_bytes():
    """Return the number of free bytes, or None if it is unknown."""
    try:
        with open("/proc/meminfo") as file:
            lines = [line.split() for line in file if line.startswith("MemAvailable:")]
        return int(lines[0][1]) * 1024
    except (OSError, IndexError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
