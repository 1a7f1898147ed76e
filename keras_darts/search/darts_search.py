"""A search for an architecture, as a Keras model."""

import dataclasses

import keras
import tensorflow as tf
from keras import ops

from keras_darts import networks
from keras_darts import search_spaces
from keras_darts import strategies
from keras_darts.datasets import infer_task
from keras_darts.search import architecture
from keras_darts.search import defaults
from keras_darts.search.fitting import plan_fit
from keras_darts.search.problem import SearchProblem
from keras_darts.search.seeding import seeded
from keras_darts.supernet import Supernet


@keras.saving.register_keras_serializable(package="keras_darts")
class DartsSearch(keras.Model):
    """Searches an architecture by gradient descent on the user's data.

    Each step first moves the architecture parameters on a batch of the search
    half of the data, then the weights on a batch of the training half.

    Args:
        search_space: Name, `SearchSpace` or config. Defaults to
            `"darts_cnn"`.
        strategy: Name, `SearchStrategy` or config. Defaults to `"darts"`.
        num_classes: Integer, width of the head. Defaults to `None`: read from
            the labels.
        input_shape: Tuple (height, width, channels). Defaults to `None`: read
            from the images.
        filters: Integer, channels of the first cells. Defaults to `None`:
            the search space's own.
        num_cells: Integer, cells of the supernet. Defaults to `None`: the
            search space's own.
        seed: Integer, decides first values, split and order of the data.
            Defaults to `0`.

    Raises:
        ValueError: for unknown names, with the nearest ones, and for shapes
            that the search space can't take.

    Example:

    >>> x = np.random.default_rng(0).random((32, 8, 8, 1), "float32")
    >>> y = np.arange(32) % 2
    >>> space = search_spaces.darts_cnn(
    ...     2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    ... )
    >>> search = DartsSearch(space)
    >>> history = search.fit(x, y, batch_size=8, epochs=1, verbose=0)
    >>> search.genotype().normal_concat
    (2,)

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
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.strategy = strategies.get(strategy).clone()
        self.search_space = _adapted(
            search_spaces.get(search_space), self.strategy, filters, num_cells
        )
        self.num_classes = num_classes
        self.image_shape = None if input_shape is None else tuple(input_shape)
        self.seed = seed
        self.preprocessing = None
        self.task = None
        self._supernet = None
        self._choices = {}
        if None not in (num_classes, self.image_shape):
            self._build_supernet(num_classes, self.image_shape)

    @property
    def supernet(self):
        """The network under the present architecture parameters."""
        if self._supernet is None:
            raise ValueError(
                "`num_classes` and `input_shape` must be given before the "
                "supernet is used; `fit` reads them from the data. Received: "
                f"num_classes={self.num_classes}, "
                f"input_shape={self.image_shape}"
            )
        return self._supernet

    @property
    def arch_variables(self):
        """Alphas in the order of the cells, then betas if there are any."""
        return self.supernet.arch_variables

    @property
    def weight_variables(self):
        """What the weight optimizer trains."""
        arch = {id(variable) for variable in self.arch_variables}
        trainable = self.supernet.trainable_variables
        return [v for v in trainable if id(v) not in arch]

    @property
    def chosen_loss(self):
        """The loss given to `compile`, or `None`."""
        return self._choices.get("loss")

    def call(self, images, training=None, frozen=False):
        images = ops.cast(images, self.compute_dtype)
        if self.preprocessing is not None:
            images = self.preprocessing(images)
        return self.supernet(images, training=training, frozen=frozen)

    def compile(
        self,
        optimizer=None,
        arch_optimizer=None,
        loss=None,
        metrics=None,
        jit_compile=False,
        **kwargs,
    ):
        """Chooses what the recipe of the strategy shall not decide.

        Args:
            optimizer: Keras optimizer of the weights. Its `global_clipnorm`
                bounds the gradient after it is summed over replicas. Defaults
                to `None`: the recipe's SGD with momentum and a cosine.
            arch_optimizer: Keras optimizer of the architecture. Defaults to
                `None`: the recipe's Adam.
            loss: Keras loss on logits; a name means its form on logits.
                Defaults to `None`: by the labels.
            metrics: List of Keras metrics. Defaults to `None`: by the labels.
            jit_compile: Boolean, whether XLA compiles the step; on a CPU it
                is many times slower. Defaults to `False`.
            **kwargs: The other arguments of `keras.Model.compile`.

        Raises:
            ValueError: for a loss that expects probabilities.
        """
        self._choices = {
            "optimizer": optimizer,
            "arch_optimizer": arch_optimizer,
            "loss": defaults.loss_on_logits(loss),
            "metrics": metrics,
            "jit_compile": jit_compile,
            **kwargs,
        }
        self.task = None
        if self._supernet is not None:
            self._compile_for(defaults.task_for(loss, self.num_classes))

    def prepare(
        self, task, image_shape, *, normalization, epochs, steps_per_epoch
    ):
        """Builds and compiles for data of a kind; `fit` calls it.

        Args:
            task: `Task` of the labels.
            image_shape: Tuple (height, width, channels).
            normalization: `Statistics` of the training images, which become
                part of the model.
            epochs: Integer, the length of the learning-rate schedule.
            steps_per_epoch: Integer.
        """
        if self._supernet is None:
            self._build_supernet(task.num_outputs, image_shape)
        if image_shape != self.image_shape:
            raise ValueError(
                "`x` must be images of the search's `input_shape`, "
                f"{self.image_shape}. Received: images of shape {image_shape}"
            )
        self.preprocessing = keras.layers.Normalization(
            mean=list(normalization.mean), variance=list(normalization.variance)
        )
        self.preprocessing.build((None, *image_shape))
        if self.task != task:
            self._compile_for(task)
        if self._choices.get("optimizer") is None:
            self.optimizer.learning_rate = defaults.schedule(
                self.strategy.recipe, epochs, steps_per_epoch
            )
        self._forget_traces()

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=None,
        verbose="auto",
        **kwargs,
    ):
        """Searches on the user's data.

        Args:
            x: Batched `tf.data.Dataset` of (x, y) or (x, y, sample weight);
                a pair of them; or an array of images.
            y: Array of labels, when `x` is an array.
            batch_size: Integer, the global batch size, for arrays. Defaults
                to `None`: the recipe's.
            epochs: Integer. Defaults to `None`: the recipe's.
            verbose: As in Keras. Defaults to `"auto"`.
            callbacks: List of Keras callbacks. Defaults to none.
            validation_data: The search half, on which the architecture is
                trained and monitored. Defaults to `None`: `x` is split.
            validation_split: Float in (0, 1), the share of `x` that becomes
                the search half. Defaults to `0.5`.
            sample_weight: Array, for arrays. Defaults to `None`.
            steps_per_epoch: Integer. Defaults to `None`: a pass over the
                training half.
            augmentation: `"auto"`, `None` or a piece of
                `datasets.augmentation`. Defaults to `"auto"`.
            output_dir: Folder of the run. Defaults to `None`: nothing is
                written.
            resume_from: Folder of a run to go on with; a larger `epochs`
                extends it. Defaults to `None`.

        Returns:
            The Keras `History`, with `loss`, `val_loss`, the metrics,
            `arch_loss`, `alpha_entropy` and `num_skip_connects`.

        Raises:
            ValueError: for data or settings with which no search can work,
                before any training.
        """
        plan = plan_fit(
            self, x, y, batch_size=batch_size, epochs=epochs, **kwargs
        )
        return super().fit(**plan._asdict(), shuffle=False, verbose=verbose)

    def train_step(self, data):
        train_batch, search_batch = data
        self._arch_step(train_batch, search_batch)
        return self._weight_step(train_batch)

    def test_step(self, data):
        logs = super().test_step(data)
        return {k: v for k, v in logs.items() if k != "arch_loss"}

    def architecture_gradients(self, train_batch, valid_batch):
        """What the architect gives for a pair of batches; changes no state.

        Args:
            train_batch: Tuple (x, y) or (x, y, sample weight), global.
            valid_batch: The same, of the search half.

        Returns:
            List of float32 tensors in the order of `arch_variables`, reduced
            over replicas, with the regularizers, before the optimizer's
            weight decay and clipping.
        """
        if self.task is None:
            labels = ops.convert_to_numpy(train_batch[1])
            self._compile_for(
                infer_task(labels, self.chosen_loss, self.num_classes)
            )
        if self._gradient_function is None:
            self._gradient_function = self._make_gradient_function()
        return self._gradient_function(train_batch, valid_batch)

    def genotype(self):
        """The architecture that the discretizer reads from the alphas."""
        return self.strategy.discretizer(
            self.search_space, *architecture.mixing(self.supernet)
        )

    def derived_network(self, filters=36, num_cells=20, **kwargs):
        """A fresh plain network of the present genotype.

        Args:
            filters: Integer. Defaults to `36`.
            num_cells: Integer. Defaults to `20`.
            **kwargs: Arguments of `networks.network_for`.
        """
        return networks.network_for(
            self.genotype(),
            num_outputs=self.num_classes,
            input_shape=self.image_shape,
            filters=filters,
            num_cells=num_cells,
            **kwargs,
        )

    def citation(self):
        """The papers behind the pieces in use, a line each."""
        return "\n".join(self.strategy.citations)

    def get_config(self):
        return {
            "search_space": self.search_space.get_config(),
            "strategy": self.strategy.get_config(),
            "num_classes": self.num_classes,
            "input_shape": self.image_shape and list(self.image_shape),
            "filters": None,
            "num_cells": None,
            "seed": self.seed,
        }

    def _build_supernet(self, num_outputs, image_shape):
        with self.distribute_strategy.scope(), seeded(self.seed):
            self._supernet = Supernet(
                self.search_space,
                num_outputs,
                image_shape,
                relaxation=self.strategy.relaxation,
                connection=self.strategy.connection,
                initializer=self.strategy.initializer,
                edge_normalization=self.strategy.edge_normalization,
            )
            self.arch_loss_tracker = keras.metrics.Mean(name="arch_loss")
        self.num_classes, self.image_shape = num_outputs, tuple(image_shape)
        self.built = True
        self._forget_traces()

    def _compile_for(self, task):
        """Keras' compile, with what the user left out by recipe and task."""
        choices, recipe = dict(self._choices), self.strategy.recipe
        with self.distribute_strategy.scope():
            weight_optimizer = choices.pop("optimizer", None)
            arch_optimizer = choices.pop("arch_optimizer", None)
            loss, metrics = (
                choices.pop("loss", None),
                choices.pop("metrics", None),
            )
            super().compile(
                optimizer=weight_optimizer or defaults.weight_optimizer(recipe),
                loss=loss or defaults.loss_for(task.kind),
                metrics=metrics or [defaults.metric_for(task.kind)],
                **{"jit_compile": False, **choices},
            )
            self.arch_optimizer = keras.optimizers.get(
                arch_optimizer or defaults.arch_optimizer(recipe)
            )
            self.optimizer.build(self.weight_variables)
            self.arch_optimizer.build(self.arch_variables)
        self.task = task
        self._forget_traces()

    def _forget_traces(self):
        self._problem = SearchProblem(self)
        self._gradient_function = None
        self.train_function = self.test_function = self.predict_function = None

    def _arch_step(self, train_batch, search_batch):
        loss, gradients = self._arch_loss_and_gradients(
            train_batch, search_batch
        )
        _apply(self.arch_optimizer, gradients, self.arch_variables)
        replicas = self.distribute_strategy.num_replicas_in_sync
        self.arch_loss_tracker.update_state(loss * replicas)

    def _arch_loss_and_gradients(self, train_batch, search_batch):
        loss, gradients = self.strategy.architect.gradients(
            self._problem, train_batch, search_batch
        )
        terms = architecture.regularizer_gradients(
            self.supernet, self.strategy.regularizers
        )
        return loss, [g + t for g, t in zip(gradients, terms, strict=True)]

    def _weight_step(self, batch):
        problem = self._problem
        found = problem.gradients(
            batch, problem.weight_values(), problem.arch_values(), "weights"
        )
        _apply(self.optimizer, found.weights, self.weight_variables)
        state = self.supernet.non_trainable_variables
        for variable, value in zip(state, found.state, strict=True):
            variable.assign(value)
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        replicas = self.distribute_strategy.num_replicas_in_sync
        self._loss_tracker.update_state(
            found.loss * replicas, sample_weight=tf.shape(x)[0]
        )
        return self.compute_metrics(x, y, found.outputs, sample_weight)

    def _make_gradient_function(self):
        strategy = self.distribute_strategy

        def gradients(*batches):
            _, found = strategy.run(self._arch_loss_and_gradients, batches)
            return [
                tf.cast(strategy.experimental_local_results(g)[0], "float32")
                for g in found
            ]

        def split(*batches):
            return gradients(*(_per_replica(strategy, b) for b in batches))

        traced = gradients if self.run_eagerly else tf.function(gradients)
        if strategy.num_replicas_in_sync == 1:
            return traced
        return split if self.run_eagerly else tf.function(split)

    def _symbolic_build(self, iterator=None, data_batch=None):
        # Keras takes the first part of a batch for the model's input; here it
        # is the training batch, which has an input of its own.
        if data_batch is not None and isinstance(data_batch[0], tuple | list):
            data_batch = data_batch[0]
        return super()._symbolic_build(iterator=iterator, data_batch=data_batch)


def _adapted(space, strategy, filters, num_cells):
    """The space as the strategy and the arguments want it."""
    sizes = {"filters": filters, "num_cells": num_cells}
    given = {name: size for name, size in sizes.items() if size is not None}
    return dataclasses.replace(space.without(strategy.exclude), **given)


def _apply(optimizer, gradients, variables):
    """One step with gradients that are already summed over replicas."""
    if optimizer.global_clipnorm is not None:
        gradients, _ = tf.clip_by_global_norm(
            gradients, optimizer.global_clipnorm
        )
    # The optimizer sums over replicas once more.
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    optimizer.apply([g / replicas for g in gradients], variables)


def _per_replica(strategy, batch):
    """A global batch in equal parts, one for each replica."""
    replicas = strategy.num_replicas_in_sync
    return tuple(
        strategy.experimental_distribute_values_from_function(
            lambda context, part=part: tf.split(part, replicas)[
                context.replica_id_in_sync_group
            ]
        )
        for part in batch
    )
