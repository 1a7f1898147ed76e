"""A search for an architecture, as a Keras model."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts import search_spaces
from keras_darts import strategies
from keras_darts import tasks
from keras_darts.callbacks import decisions
from keras_darts.datasets import Task
from keras_darts.distributed import multi_worker
from keras_darts.distributed.devices import SharedBatches
from keras_darts.distributed.devices import distribution_strategy
from keras_darts.networks import on_logits
from keras_darts.runs.errors import explained
from keras_darts.runs.folder import made
from keras_darts.search import defaults
from keras_darts.search import fit_loop
from keras_darts.search import fit_plan
from keras_darts.search import steps
from keras_darts.search.bilevel_problem import BilevelProblem
from keras_darts.search.fit_loop import SearchMonitor
from keras_darts.search.mixed_precision import LossScaling
from keras_darts.search.mixed_precision import default_policy
from keras_darts.search.mixed_precision import search_policy
from keras_darts.search.reproducibility import make_deterministic
from keras_darts.supernet import arch_parameters
from keras_darts.utils.errors import integer
from keras_darts.utils.messages import shown
from keras_darts.utils.private_api import seeded
from keras_darts.utils.tf_config import grappler
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import PathLike
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.callbacks.decisions import Decisions
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.cost_table import CostTable
    from keras_darts.search_spaces.search_space import BaseSpace
    from keras_darts.strategies.recipe import SearchRecipe
    from keras_darts.strategies.stage import Stage
    from keras_darts.strategies.strategy import SearchStrategy
    from keras_darts.tasks.base import BatchStreams
    from keras_darts.tasks.base import TaskAdapter


_LOG = logging.getLogger("keras_darts")


@keras.saving.register_keras_serializable(package="keras_darts")
class DartsSearch(SharedBatches):
    """Searches an architecture by gradient descent on the user's data.

    Each step first moves the architecture parameters on a batch of the search
    half of the data, then the weights on a batch of the training part.

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
        search_space: BaseSpace | str | Config = "darts_cnn",
        strategy: SearchStrategy | str | Config = "darts",
        num_classes: int | None = None,
        input_shape: Shape | None = None,
        filters: int | None = None,
        num_cells: int | None = None,
        seed: int = 0,
        *,
        vocabulary_size: int | None = None,
        embedding_size: int | None = None,
        hidden_size: int | None = None,
        target_latency_ms: float | None = None,
        latency_table: CostTable | Config | PathLike | None = None,
        sync_batch_norm: bool = False,
        deterministic: bool = False,
        rematerialize: bool = False,
        **kwargs: Any,
    ) -> None:
        defaults.check_arguments(DartsSearch, kwargs)
        if deterministic:
            make_deterministic(strategy)
        strategy = defaults.targeted(strategy, target_latency_ms, latency_table)
        data_sizes = defaults.checked_sizes(
            num_classes, input_shape, vocabulary_size
        )
        space_sizes = {
            "filters": filters,
            "num_cells": num_cells,
            "embedding_size": embedding_size,
            "hidden_size": hidden_size,
        }
        dtype = search_policy(kwargs.pop("dtype", None))
        # A Keras model belongs to the strategy that it is made under.
        with distribution_strategy().scope():
            super().__init__(dtype=dtype, **kwargs)
            self.seed: int = integer("seed", seed)
            self.rematerialize = rematerialize
            self.deterministic = deterministic
            self._take_strategy(strategy)
            self.whole_space = self.search_space = defaults.adapted_space(
                search_space, self.strategy, sync_batch_norm, **space_sizes
            )
            self.task_adapter: TaskAdapter = tasks.get(self.search_space.task)
            self.data_sizes: tasks.DataSizes = tasks.DataSizes(
                self.task_adapter.sizes, **data_sizes
            )
            self._begin()

    def _take_strategy(self, strategy):
        self._strategy_name = strategy if isinstance(strategy, str) else None
        with seeded(self.seed):
            self._whole_strategy = strategies.get(strategy)
            self.strategy: SearchStrategy = self._whole_strategy.at_stage(0)

    def _begin(self):
        """The state of a search that has seen no data."""
        self.stage: int = 0
        self.stop_reason, self.extra_epochs = None, 0
        self.arch_frozen: bool = (
            not self.strategy.architect.updates_architecture
        )
        self.watched: decisions.Watched = decisions.Watched()
        self.task = self.grappler = self.preprocessing = None
        self.gradient_accumulation_steps = 1
        self._statistics = defaults.kept({})
        self._choices = self._compiled_with = defaults.kept({})
        self._other_step = None
        # A list, since Keras forgets what is taken out of one.
        self._networks = []
        self.streams: BatchStreams = tasks.BatchStreams()
        self.build_supernet()

    def __repr__(self) -> str:
        return defaults.in_a_line(self)

    @property
    def supernet(self) -> Any:
        """The network under the present architecture parameters."""
        if not self._networks:
            raise self.data_sizes.incomplete_error()
        return self._networks[0]

    @property
    def whole_strategy(self) -> SearchStrategy:
        """The `SearchStrategy` of all stages."""
        return self._whole_strategy

    @property
    def stages(self) -> Sequence[Stage]:
        """The `Stage`s of the strategy."""
        return self._whole_strategy.stages

    @property
    def recipe(self) -> SearchRecipe:
        """The `SearchRecipe` for what the user leaves out."""
        return self.strategy.recipe_for(self.search_space.task)

    @property
    def num_classes(self) -> int | None:
        """Width of the head, for data with labels."""
        return self.data_sizes["num_classes"]

    @property
    def image_shape(self) -> Shape | None:
        """Shape of an element without the batch, for data with labels."""
        return self.data_sizes["input_shape"]

    @property
    def vocabulary_size(self) -> int | None:
        """Number of tokens, for language and text."""
        return self.data_sizes["vocabulary_size"]

    @property
    def arch_variables(self) -> list[keras.Variable]:
        """Alphas in the order of the cells, then betas if there are any."""
        return self.supernet.arch_variables

    @property
    def weight_variables(self) -> list[keras.Variable]:
        """What the weight optimizer trains."""
        arch = {id(variable) for variable in self.arch_variables}
        trainable = self.supernet.trainable_variables
        return [v for v in trainable if id(v) not in arch]

    @property
    def chosen_loss(self) -> Any:
        """The loss given to `compile`, or `None`."""
        return self._choices.get("loss")

    @property
    def chosen_optimizer(self) -> Any:
        """The optimizer of the weights given to `compile`, or `None`."""
        return self._choices.get("optimizer")

    @property
    def chosen_arch_optimizer(self) -> Any:
        """The optimizer of the architecture given to `compile`, or `None`."""
        return self._choices.get("arch_optimizer")

    def compile(
        self,
        optimizer: Any = None,
        arch_optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        jit_compile: bool = False,
        grappler: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Chooses what the recipe of the strategy shall not decide.

        Args:
            optimizer: Keras optimizer of the weights. Its `global_clipnorm`
                bounds the gradient after it is summed over replicas. Keras'
                optimizers take `weight_decay` for a shrinkage beside the
                step, `training.CoupledSGD` for L2 in the gradient, as DARTS
                does. Defaults to `None`: the recipe's SGD with momentum and
                a cosine.
            arch_optimizer: Keras optimizer of the architecture; the same
                holds for `training.CoupledAdam`. Defaults to `None`: the
                recipe's Adam.
            loss: Keras loss, made for logits as `CifarNetwork.compile` does
                it: by name, class or function, or an object that is made with
                `from_logits=True`. A function of one's own gets logits.
                Defaults to `None`: by the labels.
            metrics: List of Keras metrics, of which those of probabilities
                get them. Those of one's own get logits. Defaults to `None`:
                by the labels.
            jit_compile: Boolean, whether XLA compiles the step; on a CPU it
                is many times slower. Defaults to `False`.
            grappler: Boolean, whether TensorFlow rewrites the step's
                graph before its first run. Defaults to `None`: not on a CPU,
                where that takes half of the time to the first step.
            **kwargs: The other arguments of `keras.Model.compile`.

        Raises:
            ValueError: for a loss that expects probabilities; at the start
                of `fit` for such a metric.
        """
        arguments = {
            "optimizer": optimizer,
            "arch_optimizer": arch_optimizer,
            "loss": loss,
            "metrics": metrics,
            "jit_compile": jit_compile,
            **kwargs,
        }
        self._compiled_with = defaults.kept({**arguments, "grappler": grappler})
        loss = on_logits(loss, num_outputs=None).loss
        self._choices = defaults.kept({**arguments, "loss": loss})
        self.grappler = grappler
        self.task: Task | None = None
        if self.built:
            self.compile_for()

    def get_compile_config(self) -> Config:
        """What `compile` was given, and the task that data have shown."""
        if self.task is None and not self._compiled_with:
            return {}
        return {
            "arguments": keras.saving.serialize_keras_object(
                dict(self._compiled_with)
            ),
            "task": self.task and dataclasses.asdict(self.task),
        }

    def compile_from_config(self, config: Config) -> None:
        self.compile(
            **keras.saving.deserialize_keras_object(config["arguments"])
        )
        if config["task"] is not None:
            self.compile_for(Task(**config["task"]))

    def compile_for(self, task: Task | None = None) -> None:
        """Keras' compile, with what was left out by recipe and task.

        Args:
            task: `datasets.Task`. Defaults to `None`: what the loss says
                before any data are known.
        """
        if task is None:
            outputs = self.task_adapter.num_outputs(self.data_sizes)
            task = self.task_adapter.task_for(self.chosen_loss, outputs)
        with self.distribute_strategy.scope():
            arch_optimizer, arguments = defaults.completed(
                self._choices, self.recipe, task
            )
            scales = arguments.pop("auto_scale_loss", True)
            super().compile(auto_scale_loss=False, **arguments)
            self.arch_optimizer: Any = arch_optimizer
            self.loss_scaling: LossScaling = LossScaling(self, scales)
        self.task = task
        self.forget_traces()

    def build_supernet(self) -> None:
        """Builds it once, as soon as enough is known."""
        if self._networks or not self.data_sizes.complete:
            return
        space, adapter = self.search_space, self.task_adapter
        # Each stage has first values of its own.
        seed = f"{self.seed}, {self.stage}" if self.stage else self.seed
        with (
            self.distribute_strategy.scope(),
            seeded(seed),
            default_policy(self.dtype_policy),
        ):
            self.streams = adapter.make_streams(space, self.compute_dtype)
            self._networks.append(
                adapter.make_supernet(
                    space, self.data_sizes, self.strategy, self.rematerialize
                )
            )
            if not self.stage:
                defaults.check_targets(self.strategy, space)
                self.arch_loss_tracker: keras.metrics.Mean = keras.metrics.Mean(
                    name="arch_loss"
                )
        self.built = True
        self.forget_traces()

    def enter_stage(self, index: int, space: BaseSpace | None = None) -> None:
        """Begins a stage, with new pieces, supernet and optimizers.

        Args:
            index: Integer, the number of the stage, counted from zero.
            space: Its search space. Defaults to `None`: the whole one.
        """
        with seeded(self.seed):
            self.strategy = self._whole_strategy.at_stage(index)
        self.search_space: BaseSpace = space or self.whole_space
        self.stage = index
        self._networks.clear()
        self._choices = defaults.unbuilt_optimizers(self._choices)
        self.build_supernet()
        if self.task is not None:
            self.compile_for(self.task)

    def scale_by(self, statistics: Mapping[str, Any]) -> None:
        """Scales inputs from now on.

        Args:
            statistics: What the task's adapter has measured of the data.
        """
        self._statistics = defaults.kept(statistics)
        self.preprocessing: keras.Layer | None = (
            self.task_adapter.preprocessing(statistics, self.variable_dtype)
        )

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        outputs = self.forward(inputs, training=training)
        return self.task_adapter.logits(outputs)

    def forward(
        self, inputs: Any, training: bool | None = None, wrt: str = "both"
    ) -> Any:
        """The outputs of the supernet, in the form of the task's adapter."""
        if self.preprocessing is not None:
            inputs = ops.cast(inputs, self.variable_dtype)
            inputs = self.preprocessing(inputs)
        return self.task_adapter.forward(self.supernet, inputs, training, wrt)

    def train_step(self, data: Any) -> dict[str, Any]:
        return steps.train_step(self, *data)

    def test_step(self, data: Any) -> dict[str, Any]:
        return steps.test_step(self, data)

    def reset_metrics(self) -> None:
        """Forgets carried hidden states too: a text starts over.

        Keras calls it at the start of each epoch and of each evaluation.
        """
        super().reset_metrics()
        self.streams.reset()

    def _make_function(self, step_function):
        # Keras reduces the logs along an axis that numbers don't have.
        if multi_worker.workers_of(self).count == 1:
            return super()._make_function(step_function)
        return multi_worker.function_on_workers(self, step_function)

    def _symbolic_build(self, iterator=None, data_batch=None):
        # Keras takes the first part of a batch for the model's input; here it
        # is the training batch, which has an input of its own.
        if data_batch is not None and isinstance(data_batch[0], tuple | list):
            data_batch = data_batch[0]
        return super()._symbolic_build(iterator=iterator, data_batch=data_batch)

    def _get_metrics_result_or_logs(self, logs):
        # The last step of an epoch may be one that leaves it out.
        if float(tf.convert_to_tensor(self.arch_loss_tracker.count)):
            logs = {"arch_loss": 0.0, **logs}
        # What a step gives is of one replica's part, or a mean over parts of
        # different sizes.
        results = self.get_metrics_result()
        logs = {**logs, **{k: v for k, v in results.items() if k in logs}}
        return {**logs, **self.task_adapter.log_metrics(logs)}

    def architecture_gradients(self, train_batch: Any, valid_batch: Any) -> Any:
        """What the architect gives for a pair of batches; changes no state.

        Args:
            train_batch: Tuple (x, y) or (x, y, sample weight), global.
            valid_batch: The same, of the search part.

        Returns:
            List of float32 tensors in the order of `arch_variables`, reduced
            over replicas, with the regularizers, before the optimizer's
            weight decay and clipping. In float16 they may overflow until
            some steps have brought the scale of the loss down.
        """
        self._compile_for_batch(train_batch)
        if self._gradient_function is None:
            self._gradient_function = steps.gradient_function(self)
        with grappler(self.grappler):
            return self._gradient_function(train_batch, valid_batch)

    def hessian_product(self, batch: Any) -> Callable[..., Any]:
        """The curvature of the search loss in the architecture.

        Args:
            batch: Tuple (x, y) or (x, y, sample weight), global.

        Returns:
            Function of a vector, of all `arch_variables` one after the other,
            that gives the Hessian times it, as an array. The network is in
            training mode, no state changes, and regularizers and the weight
            decay of the optimizer are left out.
        """
        self._compile_for_batch(batch)
        if self._curvature_function is None:
            self._curvature_function = steps.curvature_function(self)
        return steps.as_arrays(self, self._curvature_function, batch)

    def architecture_eigenvalue(self, batch: Any) -> float:
        """The largest one of that Hessian, with the weight decay."""
        return steps.largest_eigenvalue(self, batch)

    def _compile_for_batch(self, batch):
        if self.task is None:
            adapter = self.task_adapter
            outputs = adapter.num_outputs(self.data_sizes)
            self.compile_for(adapter.task_of(batch, self.chosen_loss, outputs))

    def freeze_architecture(self, frozen: bool) -> None:
        """Whether a step leaves the architecture out; both stay traced."""
        frozen = frozen or not self.strategy.architect.updates_architecture
        if frozen != self.arch_frozen:
            self.arch_frozen = frozen
            kept, self._other_step = self._other_step, self.train_function
            self.train_function: Any = kept
            self.make_train_function()

    def renew_steps(self) -> None:
        """Has steps traced again, but not the gradients they are made of."""
        self._gradient_function = self._other_step = None
        self.make_train_function(force=True)

    def forget_traces(self) -> None:
        """What was traced before a change of the model is traced again."""
        self.problem: BilevelProblem = BilevelProblem(self)
        self._gradient_function = self._curvature_function = None
        self.test_function = self.predict_function = None
        self.train_function = self._other_step = None

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        verbose: str | int = "auto",
        callbacks: Sequence[keras.callbacks.Callback]
        | keras.callbacks.Callback
        | None = None,
        validation_split: float = 0.5,
        validation_data: Any = None,
        *,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        steps_per_epoch: int | None = None,
        gradient_accumulation_steps: int = 1,
        augmentation: Any = "auto",
        published_rates: bool = False,
        warn_on_collapse: bool = True,
        output_dir: PathLike | None = None,
        resume_from: PathLike | None = None,
        overwrite: bool = False,
        checkpoint_minutes: float = 10,
    ) -> keras.callbacks.History:
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
                no more than the smaller part has.
            epochs: Integer; a discretizer that decides while the search runs
                adds its own. Defaults to `None`: the recipe's.
            verbose: As in Keras. Defaults to `"auto"`.
            callbacks: List of Keras callbacks, which see one begin and one
                end of the training, or of each stage. Defaults to none.
            validation_data: The search part, in any form of `x`. **It trains
                the architecture**, so it can't be the test set: keep one
                apart. The `val_` figures are of it. Defaults to `None`: `x` is
                split.
            validation_split: Float in (0, 1), the share of `x` that becomes
                the search part. Defaults to `0.5`.
            sample_weight: Array, for arrays. Defaults to `None`.
            class_weight: Dictionary from class numbers to weights, with which
                the weights of elements are multiplied in both parts, and so
                in `val_loss` too. Defaults to `None`.
            steps_per_epoch: Integer. Defaults to `None`: a pass over the
                training part.
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
            strategies.say(self.strategy_summary())
            run = fit_plan.chosen_run(
                self, epochs, output_dir, resume_from, overwrite
            )
            stack.enter_context(made(run["output_dir"]))
            watch = stack.enter_context(
                explained(SearchMonitor(run["output_dir"], self))
            )
            settings = fit_plan.fit_settings(
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
                settings,
                callbacks=fit_plan.chosen_callbacks(
                    callbacks, warn_on_collapse, verbose
                ),
                watch=watch,
                **run,
                verbose=verbose,
            )
            _LOG.info("%s", self.decisions())
            return history

    def genotype(self) -> BaseGenotype:
        """The architecture that the discretizer reads from the alphas."""
        derive = self.strategy.discretizer_for(self.search_space)
        return derive(self.search_space, *arch_parameters.mixing(self.supernet))

    def decisions(self) -> Decisions:
        """How decided each edge is, as `callbacks.decisions.Decisions`.

        `print(search.decisions())` says in a sentence whether the cell is a
        decision or close to a draw. Epochs are counted since the last `fit`.
        """
        return decisions.decisions_by(
            self.strategy,
            self.search_space,
            self.genotype(),
            self.mixing_weights(),
            self.watched,
        )

    def strategy_summary(self) -> dict[str, str | None]:
        """Dictionary of the strategy's `name`, what it `stands_for` and what
        it `guards_against`, each `None` where nothing is known."""
        return strategies.summary(self._whole_strategy, self._strategy_name)

    def mixing_weights(self) -> dict[str, np.ndarray]:
        """What the candidates weigh at present, by the relaxation.

        Returns:
            Dictionary from the cell type to an array (edges, candidates).
        """
        return arch_parameters.mixing(self.supernet)[0]

    def derived_network(self, **sizes: Any) -> keras.Model:
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
        return self.network_of(self.genotype(), **sizes)

    def network_of(
        self,
        genotype: Any,
        statistics: Mapping[str, Any] | None = None,
        **sizes: Any,
    ) -> keras.Model:
        """The same of another genotype, which may know other statistics."""
        space, adapter = self.search_space, self.task_adapter
        with self.distribute_strategy.scope():
            return adapter.network(
                genotype,
                space,
                self.data_sizes,
                self._statistics if statistics is None else statistics,
                **{**adapter.network_sizes(space), **sizes},
            )

    def citation(self) -> str:
        """The papers behind the pieces in use, a line each."""
        return "\n".join(self.strategy.citations)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        for name, values in self._learned().items():
            store[name] = values

    def load_own_variables(self, store: Any) -> None:
        learned = {k: store[k] for k in store.keys() if not k.isdigit()}
        super().load_own_variables(
            {k: store[k] for k in store.keys() if k.isdigit()}
        )
        prefix = "statistics."
        self.scale_by(
            {
                name.removeprefix(prefix): np.array(values)
                for name, values in learned.items()
                if name.startswith(prefix)
            }
        )
        states = learned.get("random_states", ())
        for variable, state in zip(self._random_states(), states, strict=False):
            variable.assign(state)
        if self.task is not None:
            self.loss_scaling.take_scales(learned)
        self.forget_traces()

    def _learned(self):
        """Name -> array of what `fit` has learned beside Keras' variables."""
        scales = {} if self.task is None else self.loss_scaling.scales()
        states = [variable.numpy() for variable in self._random_states()]
        random = {"random_states": np.stack(states)} if states else {}
        statistics = {
            f"statistics.{name}": np.array(values)
            for name, values in self._statistics.items()
        }
        return {**statistics, **scales, **random}

    def _random_states(self):
        """Those of the generators, which Keras leaves out of its files."""
        return [v for v in self.variables if v.name == "seed_generator_state"]

    def get_config(self) -> Config:
        config = {
            "search_space": self.search_space.get_config(),
            "strategy": self._whole_strategy.get_config(),
            **self.data_sizes.as_dict(),
            "seed": self.seed,
            "rematerialize": self.rematerialize,
            "dtype": self.dtype_policy.name,
        }
        if self.stage:
            whole = self.whole_space.get_config()
            config["stage"] = {"index": self.stage, "search_space": whole}
        if self.deterministic:
            config["deterministic"] = True
        return config

    @classmethod
    def from_config(cls, config: Config) -> Self:
        stage = config.get("stage")
        config = {k: v for k, v in config.items() if k != "stage"}
        if stage is None:
            return cls(**config)
        space = config["search_space"]
        search = cls(**{**config, "search_space": stage["search_space"]})
        search.enter_stage(stage["index"], search_spaces.get(space))
        return search
