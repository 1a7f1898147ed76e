"""The step with which a loss stops being a finite number."""

import math
import time

# Reading a number waits for the device: seldom enough to cost nothing.
_SECONDS_BETWEEN_LOOKS = 1.0


class FiniteLosses:
    """Notes the sum of the losses after each step, and seldom looks at it.

    A sum that is not finite stays so for the rest of its epoch: it is enough
    to look at the last one, and to search the others if that is bad. Until
    then they stay on the device, and no step waits.

    Args:
        total: Function that gives the sum over the steps of the epoch.
    """

    def __init__(self, total):
        self._total = total
        self._noted = []
        self._looked = time.monotonic()

    def note(self, steps_done):
        """Keeps the sum after so many steps of the epoch.

        Returns:
            Integer, the first step known to be bad, or `None`.
        """
        self._noted.append((steps_done, self._total()))
        if time.monotonic() - self._looked < _SECONDS_BETWEEN_LOOKS:
            return None
        return self.look()

    def look(self):
        """The first step that is bad among those noted since the last look."""
        noted, self._noted = self._noted, []
        found = None
        if noted and not math.isfinite(noted[-1][1]):
            bad = (step for step, total in noted if not math.isfinite(total))
            found = next(bad)
        self._looked = time.monotonic()
        return found
