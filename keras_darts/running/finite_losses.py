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

    def note(self, steps_done, look=None):
        """Keeps the sum after so many steps of the epoch.

        Args:
            steps_done: Integer.
            look: Boolean, whether to look at it. Defaults to `None`: by the
                time since the last look.

        Returns:
            Integer, the first step known to be bad, or `None`.
        """
        self._noted.append((steps_done, self._total()))
        if look is None:
            waited = time.monotonic() - self._looked
            look = waited >= _SECONDS_BETWEEN_LOOKS
        return self.look() if look else None

    def look(self):
        """The first step that is bad among those noted since the last look."""
        noted, self._noted = self._noted, []
        found = None
        if noted and not math.isfinite(noted[-1][1]):
            bad = (step for step, total in noted if not math.isfinite(total))
            found = next(bad)
        self._looked = time.monotonic()
        return found
