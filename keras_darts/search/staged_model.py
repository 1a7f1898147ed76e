"""A bilevel model that a strategy may give a new supernet in each stage."""

import logging

import keras
import numpy as np

from keras_darts import search_spaces
from keras_darts import strategies
from keras_darts.callbacks import decisions
from keras_darts.search import defaults
from keras_darts.search.bilevel_model import BilevelModel
from keras_darts.search.defaults import adapted_space
from keras_darts.search.defaults import check_targets
from keras_darts.search.defaults import in_a_line
from keras_darts.search.mixed_precision import default_policy
from keras_darts.search.tasks import modality_for
from keras_darts.supernet import architecture
from keras_darts.utils.seeding import seeded

_LOG = logging.getLogger("keras_darts")


class StagedModel(BilevelModel):
    """What a search is made of, in each of its stages.

    Args:
        search_space: Name, search space or config.
        strategy: Name, `SearchStrategy` or config.
        space_sizes: Dictionary, fields of the space; those that are `None`
            stay.
        data_sizes: Dictionary, what is known of the data.
        seed: Integer.
        rematerialize: Boolean, whether backward passes compute cells again.
            Defaults to `False`.

    Attributes:
        search_space: The one of the present stage.
        strategy: The same, of which the model is sole owner.
        stage: Integer, the present one, counted from zero.
    """

    def __init__(
        self,
        search_space,
        strategy,
        space_sizes,
        data_sizes,
        seed,
        rematerialize=False,
        **kwargs,
    ):
        with seeded(seed):
            whole = strategies.get(strategy)
            pieces = whole.at_stage(0)
        super().__init__(pieces, **kwargs)
        self._whole_strategy = whole
        self._strategy_name = strategy if isinstance(strategy, str) else None
        self.whole_space = self.search_space = adapted_space(
            search_spaces.get(search_space), pieces, **space_sizes
        )
        self.seed = seed
        self.rematerialize = rematerialize
        self.stage = 0
        self.preprocessing = None
        # A list, since Keras forgets what is taken out of one.
        self._networks = []
        self._modality = modality_for(self, **data_sizes)
        self.build_supernet()

    def __repr__(self):
        return in_a_line(self)

    @property
    def whole_strategy(self):
        """The `SearchStrategy` of all stages."""
        return self._whole_strategy

    @property
    def stages(self):
        """The `Stage`s of the strategy."""
        return self._whole_strategy.stages

    @property
    def supernet(self):
        """The network under the present architecture parameters."""
        if not self._networks:
            raise self.modality.not_ready()
        return self._networks[0]

    @property
    def modality(self):
        return self._modality

    @property
    def recipe(self):
        return self.strategy.recipe_for(self.search_space.modality)

    def build_supernet(self):
        """Builds it once, as soon as enough is known."""
        if self._networks or not self.modality.ready:
            return
        # Each stage has first values of its own.
        seed = f"{self.seed}, {self.stage}" if self.stage else self.seed
        with (
            self.distribute_strategy.scope(),
            seeded(seed),
            default_policy(self.dtype_policy),
        ):
            self._networks.append(self.modality.make_supernet())
            if not self.stage:
                check_targets(self.strategy, self.search_space)
                self.arch_loss_tracker = keras.metrics.Mean(name="arch_loss")
        self.built = True
        self.forget_traces()

    def enter_stage(self, index, space=None):
        """Begins a stage, with new pieces, supernet and optimizers.

        Args:
            index: Integer, the number of the stage, counted from zero.
            space: Its search space. Defaults to `None`: the whole one.
        """
        with seeded(self.seed):
            self.strategy = self._whole_strategy.at_stage(index)
        self.search_space = space or self.whole_space
        self.stage = index
        self._networks.clear()
        self._choices = defaults.unbuilt_optimizers(self._choices)
        self.build_supernet()
        if self.task is not None:
            self.compile_for(self.task)

    def genotype(self):
        """The architecture that the discretizer reads from the alphas."""
        derive = self.strategy.discretizer_for(self.search_space)
        return derive(self.search_space, *architecture.mixing(self.supernet))

    def decisions(self):
        """How decided each edge is, as `search.decisions.Decisions`.

        `print(search.decisions())` says in a sentence whether the cell is a
        decision or close to a draw. Epochs are counted since the last `fit`.
        """
        genotype, strategy = self.genotype(), self.strategy
        rule = strategy.discretizer_for(self.search_space)
        weights, _ = architecture.mixing(self.supernet)
        _, main = architecture.main_cell(self.search_space)
        skips = any("skip_connect" in names for names in main.primitives)
        names = genotype.edge_primitives()
        return decisions.decisions_of(
            self.search_space,
            genotype,
            weights,
            competes=strategy.relaxation.competes,
            watched=self.watched,
            skip_connects=names.count("skip_connect") if skips else None,
            kept=len(names),
            decides_by=rule.decides_by,
            moved=strategy.architect.updates_architecture,
        )

    def strategy_in_words(self):
        """Dictionary of the strategy's `name`, what it `stands_for` and what
        it `guards_against`, each `None` where nothing is known."""
        given = self._strategy_name
        # To compare with all methods makes all, and some draw a seed.
        with seeded(0):
            name = strategies.name_of(self._whole_strategy, given)
        given = given or name
        return {
            "name": given,
            "stands_for": name if name != given else None,
            "guards_against": name and strategies.guards_against(name),
        }

    def say_strategy(self):
        """Tells the user what the strategy stands for and guards against."""
        words = self.strategy_in_words()
        said = words["name"] or "a combination of your own"
        if words["stands_for"]:
            said += f", which stands for {words['stands_for']}"
        if words["guards_against"]:
            said += f"; guards against: {words['guards_against']}"
        _LOG.info("strategy: %s", said)

    def mixing_weights(self):
        """What the candidates weigh at present, by the relaxation.

        Returns:
            Dictionary from cell types to an array (edges, candidates).
        """
        return architecture.mixing(self.supernet)[0]

    def derived_network(self, **sizes):
        """A fresh plain network of the present genotype, which gives logits.

        One for images takes them raw, as the search does: it scales them by
        the statistics that the search has measured, if they are of as many
        channels.

        Args:
            **sizes: Arguments of the network, all but its genotype: for images
                those of `networks.network_for`, with `filters=36` and
                `num_cells=20`, or 16 and 5 for NAS-Bench-201, if left out; for
                text those of `networks.TextNetwork`; for language those of
                `networks.RecurrentLanguageModel`. What the search knows of
                the data (`num_classes`, `input_shape`, `vocabulary_size`,
                `mean`, `variance`) may be given otherwise, for other data.

        Raises:
            ValueError: for `genotype`, which is the search's own.
        """
        if "genotype" in sizes:
            raise ValueError(
                "`genotype` must be left out: it is that of the search. "
                "`kd.networks` makes networks of others. Received: "
                f"genotype={sizes['genotype']!r}"
            )
        sizes = {**self.modality.network_sizes, **sizes}
        with self.distribute_strategy.scope():
            return self.modality.derived_network(self.genotype(), **sizes)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for name, values in self._learned().items():
            store[name] = values

    def load_own_variables(self, store):
        learned = {k: store[k] for k in store.keys() if not k.isdigit()}
        super().load_own_variables(
            {k: store[k] for k in store.keys() if k.isdigit()}
        )
        self.modality.take_learned(learned)
        states = learned.get("random_states", ())
        for variable, state in zip(self._random_states(), states, strict=False):
            variable.assign(state)
        if self.task is not None:
            self.loss_scaling.take_scales(learned)
        self.forget_traces()

    def _learned(self):
        """Name -> array of what `fit` has found beside Keras' variables."""
        scales = {} if self.task is None else self.loss_scaling.scales()
        states = [variable.numpy() for variable in self._random_states()]
        random = {"random_states": np.stack(states)} if states else {}
        return {**self.modality.learned(), **scales, **random}

    def _random_states(self):
        """Those of the generators, which Keras leaves out of its files."""
        return [v for v in self.variables if v.name == "seed_generator_state"]

    def citation(self):
        """The papers behind the pieces in use, a line each."""
        return "\n".join(self.strategy.citations)

    def get_config(self):
        config = {
            "search_space": self.search_space.get_config(),
            "strategy": self._whole_strategy.get_config(),
            **self.modality.sizes,
            "seed": self.seed,
            "rematerialize": self.rematerialize,
            "dtype": self.dtype_policy.name,
        }
        if self.stage:
            whole = self.whole_space.get_config()
            config["stage"] = {"index": self.stage, "search_space": whole}
        return config

    @classmethod
    def from_config(cls, config):
        stage = config.get("stage")
        config = {k: v for k, v in config.items() if k != "stage"}
        if stage is None:
            return cls(**config)
        space = config["search_space"]
        search = cls(**{**config, "search_space": stage["search_space"]})
        search.enter_stage(stage["index"], search_spaces.get(space))
        return search
