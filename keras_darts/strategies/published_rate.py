"""A learning rate of alphas, with the steps that it was made for."""

from keras_darts.errors import positive
from keras_darts.errors import positive_integer

# Beyond it the noise of single batches decides, and not their mean.
LARGEST_RATE = 0.05


class PublishedRate(float):
    """A number that knows in how many steps it was to move the alphas.

    A step of Adam moves an alpha by about the learning rate, whatever the
    scale of the gradient. What a search can decide so depends on the rate
    times the number of steps: 3e-4 in the 19,500 of DARTS on CIFAR-10 lets an
    alpha go as far as 5.85, and in a hundred steps as far as 0.03, with which
    mixing weights stay uniform. A search therefore takes the rate `at` its own
    number of steps. Everywhere else this is the float that was published.

    Args:
        rate: Float > 0, the published learning rate.
        steps: Integer > 0, the architecture steps of the published search.

    Raises:
        ValueError: for numbers that are not positive.

    Example:

    >>> rate = PublishedRate(3e-4, steps=19_500)
    >>> rate == 3e-4
    True
    >>> [round(rate.at(steps), 5) for steps in (100_000, 19_500, 500, 100)]
    [0.0003, 0.0003, 0.0117, 0.05]

    Reference: the product is our reading of what the published searches have
    in common; `benchmarks/arch_learning_rates.json` has what it does to them.
    """

    def __new__(cls, rate, steps):
        self = super().__new__(cls, positive("rate", rate))
        self.steps = positive_integer("steps", steps)
        return self

    def __getnewargs__(self):
        return float(self), self.steps

    def at(self, steps):
        """The rate of a search that makes so many architecture steps.

        It is larger where there are fewer than published, by as much, up to
        0.05, and never smaller: what a longer search has more of, it uses.

        Args:
            steps: Float > 0.
        """
        rate = float(self)
        return max(rate, min(rate * self.steps / steps, LARGEST_RATE))

    def get_config(self):
        return {"rate": float(self), "steps": self.steps}
