"""The smoothed eigenvalues of Robust DARTS."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class EigenvalueWindow:
    """Means of measurements around epochs, and how they grow.

    Args:
        every: Integer, epochs from one measurement to the next.
        window: Integer, odd, measurements of a mean; of fewer at the begin of
            the search, since none lies before it.
        delta: Integer, measurements from one mean to the other.

    Raises:
        ValueError: if `window` is even, which has no centre.

    Example:

    >>> window = EigenvalueWindow(every=2, window=5, delta=4)
    >>> window.reach
    12
    >>> window.ratio({epoch: 1.1**epoch for epoch in range(0, 23, 2)}, 22)
    2.143...

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 4.3, with the constants of the
    published code.
    """

    every: int
    window: int
    delta: int

    def __post_init__(self):
        if self.window % 2 == 0:
            raise ValueError(
                f"`window` must be odd. Received: window={self.window}"
            )

    @property
    def reach(self):
        """How many epochs ago the earlier mean is centred."""
        return self.every * (self.window // 2 + self.delta)

    def ratio(self, values, epoch):
        """The newest mean that a measurement at `epoch` completes, divided by
        the earlier one; `None` where that is not known or not positive.

        Args:
            values: Dictionary from epochs to eigenvalues.
            epoch: Integer, a multiple of `every`.
        """
        newest = self._mean(values, epoch - self.every * (self.window // 2))
        earlier = self._mean(values, epoch - self.reach)
        if newest is None or earlier is None or not earlier > 0:
            return None
        return newest / earlier

    def _mean(self, values, centre):
        half = self.window // 2
        epochs = [centre + self.every * k for k in range(-half, half + 1)]
        found = [values[epoch] for epoch in epochs if epoch in values]
        return float(np.mean(found)) if len(found) > half else None
