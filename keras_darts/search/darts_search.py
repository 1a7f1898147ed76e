"""A search for an architecture, as a Keras model."""

import contextlib
import logging

import keras

from keras_darts.distributed.devices import distribution_strategy
from keras_darts.runs.errors import explained
from keras_darts.runs.folder import made
from keras_darts.schedules import make_settable
from keras_darts.search import fit_loop
from keras_darts.search import fit_plan
from keras_darts.search.defaults import check_arguments
from keras_darts.search.defaults import checked_sizes
from keras_darts.search.defaults import synchronized_space
from keras_darts.search.defaults import targeted
from keras_darts.search.monitor import SearchMonitor
from keras_darts.search.reproducibility import make_deterministic
from keras_darts.search.staged_model import StagedModel
from keras_darts.utils.errors import integer
from keras_darts.utils.messages import shown

_LOG = logging.getLogger("keras_darts")


@keras.saving.register_keras_serializable(package="keras_darts")
class DartsSearch(StagedModel):
    """Searches an architecture by gradient descent on the user's data.

    Each step first moves the architecture parameters on a batch of the search
    half of the data, then the weights on a batch of the training half.

    It runs on the devices of the `tf.distribute` strategy in whose scope it is
    made; outside of any, on all accelerators of the machine.

    Args:
        search_space: Name, `SearchSpace`, `RecurrentSpace`,
            `NasBench201Space` or config. Defaults to `"darts_cnn"`.
        strategy: Name, `SearchStrategy` or config. Defaults to `"darts"`.
        num_classes: Integer, width of the head. Defaults to `None`: read from
            the labels.
        input_shape: Tuple (height, width, channels) of images, or (time,) of
            sentences. Defaults to `None`: read from the data.
        filters: Integer, channels of the first cells. Defaults to `None`:
            the search space's own, as for the next three.
        num_cells: Integer, cells of the supernet.
        embedding_size: Integer, units of embedded tokens.
        hidden_size: Integer, units of the hidden state of a recurrent space.
        vocabulary_size: Integer, for language and text. Defaults to `None`:
            read from the corpus or the ids.
        seed: Integer, decides first values, split and order. Defaults to `0`.
        target_latency_ms: Float, the milliseconds that the derived network
            shall take by the table: see `strategies.with_cost_target`. Defaults
            to `None`: any.
        latency_table: `kd.CostTable` of latencies, or the path of one that
            `keras-darts cost_table` wrote. Defaults to `None`.
        sync_batch_norm: Boolean, whether devices that share a batch normalise
            with the statistics of all of it. Each takes those of its own part
            otherwise, and so searches another network than one device would;
            it costs an all-reduce a layer and a larger graph, in which
            candidates that were not drawn run as well. Not for recurrent
            spaces. Defaults to `False`.
        deterministic: Boolean, whether two runs in two processes on the same
            machine are equal to the last bit, for the whole process; some
            operations become slower, and on a GPU a few raise an error. Not
            for the exact Hessian and eigenvalues. Defaults to `False`.
        rematerialize: Boolean, whether each cell is computed again in the
            backward pass: the same numbers with less memory and more time.
            Not for recurrent spaces. Defaults to `False`.

    Raises:
        ValueError: for unknown names, with the nearest ones, and for sizes
            that the search space can't take.
        TypeError: for unknown arguments, likewise.

    Example:

    >>> x = np.random.default_rng(0).random((32, 8, 8, 1), "float32")
    >>> y = np.arange(32) % 2
    >>> space = kd.search_spaces.darts_cnn(
    ...     2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    ... )
    >>> search = DartsSearch(space)
    >>> history = search.fit(x, y, batch_size=8, epochs=1, verbose=0)
    >>> search.genotype().normal_concat
    (2,)

    On several machines, with `TF_CONFIG` set, make a
    `MultiWorkerMirroredStrategy` first; they share `output_dir`.

    Reference: Liu et al., 2019, DARTS: Differentiable Architecture Search,
    algorithm 1.
    """

    def __init__(
        self,
        search_space="darts_cnn",
        strategy="darts",
        num_classes=None,
        input_shape=None,
        filters=None,
        num_cells=None,
        seed=0,
        *,
        vocabulary_size=None,
        embedding_size=None,
        hidden_size=None,
        target_latency_ms=None,
        latency_table=None,
        sync_batch_norm=False,
        deterministic=False,
        rematerialize=False,
        **kwargs,
    ):
        check_arguments(DartsSearch, kwargs)
        if deterministic:
            make_deterministic(strategy)
        strategy = targeted(strategy, target_latency_ms, latency_table)
        search_space = synchronized_space(search_space, sync_batch_norm)
        space_sizes = {
            "filters": filters,
            "num_cells": num_cells,
            "embedding_size": embedding_size,
            "hidden_size": hidden_size,
        }
        data_sizes = checked_sizes(num_classes, input_shape, vocabulary_size)
        # A Keras model belongs to the strategy that it is made under.
        with distribution_strategy().scope():
            super().__init__(
                search_space,
                strategy,
                space_sizes,
                data_sizes,
                integer("seed", seed),
                rematerialize,
                **kwargs,
            )
        self.deterministic = deterministic

    def call(self, inputs, training=None):
        return self.modality.logits(self.forward(inputs, training=training))

    def forward(self, inputs, training=None, wrt="both"):
        return self.modality.forward(inputs, training, wrt)

    def prepare(self, data, *, epochs, steps_per_epoch):
        """Builds and compiles for data; `fit` calls it.

        Args:
            data: What the search's modality has read.
            epochs: Integer, those of the user, over which the learning rate
                falls.
            steps_per_epoch: Integer.
        """
        self.extra_epochs = fit_plan.extra_epochs(self, epochs)
        task, sizes = self.modality.check(data)
        self.modality.take_sizes(**sizes)
        self.build_supernet()
        self.modality.settle(data)
        # A space and a discretizer that don't fit show here, and not after
        # the whole search.
        self.genotype()
        if self.task != task:
            self.compile_for(task)
        # With the words for what the labels were taken for.
        self.task = task
        schedule = None
        if self._choices.get("optimizer") is None:
            schedule = fit_plan.discretization_schedule(
                self, epochs, steps_per_epoch
            )
        with self.distribute_strategy.scope():
            make_settable(self.optimizer, schedule)
            make_settable(self.arch_optimizer)
        self.forget_traces()

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=None,
        verbose="auto",
        callbacks=None,
        validation_split=0.5,
        validation_data=None,
        *,
        sample_weight=None,
        class_weight=None,
        steps_per_epoch=None,
        gradient_accumulation_steps=1,
        augmentation="auto",
        published_rates=False,
        warn_on_collapse=True,
        output_dir=None,
        resume_from=None,
        overwrite=False,
        checkpoint_minutes=10,
    ):
        """Searches on the user's data.

        Args:
            x: Array of images or sentences; a pair of arrays (x, y); or a
                data set, batched or not, of (x, y) or (x, y, sample weight):
                a `tf.data.Dataset`, a `keras.utils.PyDataset` or an iterable
                of batches, as torch's `DataLoader`; or a pair of data sets.
                For language a `datasets.Corpus`, an array of token ids, or a
                data set of consecutive segments.
            y: Array of labels, when `x` is an array. Whole numbers, as
                integers or floats, and rows that sum to one are classes,
                unless the `loss` of `compile` is of another kind.
            batch_size: Integer, what all devices together take in a step.
                Defaults to `None`: that of the data set, or the recipe's, but
                no more than the smaller half has.
            epochs: Integer; a discretizer that decides while the search runs
                adds its own. Defaults to `None`: the recipe's.
            verbose: As in Keras. Defaults to `"auto"`.
            callbacks: List of Keras callbacks, which see one begin and one
                end of the training, or of each stage. Defaults to none.
            validation_data: The search half, in any form of `x`. **It trains
                the architecture**, so it can't be the test set: keep one
                apart. The `val_` figures are of it. Defaults to `None`: `x` is
                split.
            validation_split: Float in (0, 1), the share of `x` that becomes
                the search half. Defaults to `0.5`.
            sample_weight: Array, for arrays. Defaults to `None`.
            class_weight: Dictionary from class numbers to weights, with which
                the weights of elements are multiplied in both halves, and so
                in `val_loss` too. Defaults to `None`.
            steps_per_epoch: Integer. Defaults to `None`: a pass over the
                training half.
            gradient_accumulation_steps: Integer, the equal parts of a batch
                that are computed one after the other, to save memory; each step
                has the mean of their gradients. Batch normalisation then sees a
                part at a time. Defaults to `1`.
            augmentation: `"auto"`, `None` or a piece of
                `datasets.augmentation`. Defaults to `"auto"`.
            published_rates: Boolean, whether alphas learn at the rate that
                was published for their method, also where they make far fewer
                steps than it was made for. Defaults to `False`: the rate is
                larger then, as `strategies.PublishedRate` says. A rate given
                as a number, or by `compile(arch_optimizer=...)`, is always
                taken as it is.
            warn_on_collapse: Boolean, whether `callbacks.DecisionMonitor`
                warns of a cell that turns into skip-connects. Defaults to
                `True`.
            output_dir: Folder of the run. Of the same configuration, an
                unfinished one is resumed, and a finished one is loaded into
                the search at once. Defaults to `None`: nothing is written.
            resume_from: Folder of a run to resume; a larger `epochs` extends
                it. Defaults to `None`.
            overwrite: Boolean, whether an earlier run in `output_dir` is
                removed first. Files in its folder that are not of the run
                stay. Defaults to `False`.
            checkpoint_minutes: Float, how often a run is saved within an
                epoch, besides at its end; zero means after each step.
                Defaults to `10`.

        Returns:
            The Keras `History`, with `loss`, `val_loss`, the metrics,
            `arch_loss`, `alpha_entropy` and `num_skip_connects`.

        Raises:
            ValueError: for data or settings with which no search can work,
                before any training.
            KeyboardInterrupt: after the step at which Ctrl-C came, or five
                seconds into a validation; a second one stops at once. SIGTERM
                raises `SystemExit(143)`. Several workers stop together, about
                a second after it came to one of them.
            FloatingPointError: for a loss that is NaN or infinite.
            MemoryError: with the arguments that shrink the search.
            OSError: if the run can't be written any more.
            RuntimeError: if the data can't be read to their end.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(shown(verbose))
            self.say_strategy()
            run = fit_plan.chosen_run(
                self, epochs, output_dir, resume_from, overwrite
            )
            stack.enter_context(made(run["output_dir"]))
            watch = stack.enter_context(
                explained(SearchMonitor(run["output_dir"], self))
            )
            plan_stage = fit_plan.planner(
                self,
                x,
                y,
                batch_size,
                sample_weight=sample_weight,
                class_weight=class_weight,
                validation_data=validation_data,
                validation_split=validation_split,
                steps_per_epoch=steps_per_epoch,
                gradient_accumulation_steps=gradient_accumulation_steps,
                augmentation=augmentation,
                checkpoint_minutes=checkpoint_minutes,
                published_rates=published_rates,
            )
            history = fit_loop.fit_stages(
                self,
                super().fit,
                plan_stage,
                callbacks=fit_plan.chosen_callbacks(
                    callbacks, warn_on_collapse, verbose
                ),
                watch=watch,
                **run,
                verbose=verbose,
            )
            _LOG.info("%s", self.decisions())
            return history

    def get_config(self):
        config = super().get_config()
        if self.deterministic:
            config["deterministic"] = True
        return config
