"""A Keras model that trains weights and architecture on two halves."""

import abc
import dataclasses

import keras
import tensorflow as tf

from keras_darts.callbacks.decisions import Watched
from keras_darts.datasets import Task
from keras_darts.distributed.multi_worker import WorkersModel
from keras_darts.networks import on_logits
from keras_darts.search import defaults
from keras_darts.search import steps
from keras_darts.search import supernet_evaluation
from keras_darts.search.bilevel_problem import BilevelProblem
from keras_darts.search.mixed_precision import LossScaling
from keras_darts.search.mixed_precision import search_policy
from keras_darts.utils import private_api
from keras_darts.utils.tf_config import grappler


class BilevelModel(WorkersModel, abc.ABC):
    """What every search has: two optimizers, and a step for each.

    A batch is a pair: the training batch, on which the weights move, and the
    search batch, on which the architecture moves first. Subclasses have a
    `supernet` with `arch_variables` once they are built.

    Args:
        strategy: `SearchStrategy`, of which the model is sole owner.
    """

    def __init__(self, strategy, **kwargs):
        dtype = search_policy(kwargs.pop("dtype", None))
        super().__init__(dtype=dtype, **kwargs)
        self.strategy = strategy
        self.grappler = None
        self.task = None
        self.arch_frozen = not strategy.architect.updates_architecture
        self.stop_reason, self.extra_epochs = None, 0
        self.watched = Watched()
        self._choices = self._given = defaults.kept({})
        self.gradient_accumulation_steps = 1
        self._other_step = None

    @property
    @abc.abstractmethod
    def supernet(self):
        """The network under the present architecture parameters."""

    @property
    @abc.abstractmethod
    def modality(self):
        """The `Modality` of the data: what batches and outputs are."""

    @property
    @abc.abstractmethod
    def recipe(self):
        """The `SearchRecipe` for what the user leaves out."""

    @property
    def num_classes(self):
        """Width of the head, for data with labels."""
        return self.modality.sizes["num_classes"]

    @property
    def image_shape(self):
        """Shape of an element without the batch, for data with labels."""
        return self.modality.sizes["input_shape"]

    @property
    def vocabulary_size(self):
        """Number of tokens, for language and text."""
        return self.modality.sizes["vocabulary_size"]

    @property
    def chosen_arch_optimizer(self):
        """The optimizer of the architecture given to `compile`, or `None`."""
        return self._choices.get("arch_optimizer")

    @abc.abstractmethod
    def forward(self, inputs, training=None, wrt="both"):
        """The outputs of the supernet, in the form the modality has them."""

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

    def compile(
        self,
        optimizer=None,
        arch_optimizer=None,
        loss=None,
        metrics=None,
        jit_compile=False,
        grappler=None,
        **kwargs,
    ):
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
        given = {
            "optimizer": optimizer,
            "arch_optimizer": arch_optimizer,
            "loss": loss,
            "metrics": metrics,
            "jit_compile": jit_compile,
            **kwargs,
        }
        choices = {**given, "loss": on_logits(loss, num_outputs=None).loss}
        self._given = defaults.kept({**given, "grappler": grappler})
        self._choices = defaults.kept(choices)
        self.grappler = grappler
        self.task = None
        if self.built:
            self.compile_for(self.modality.task_for(loss))

    def get_compile_config(self):
        """What `compile` was given, and the task that data have shown."""
        if self.task is None and not self._given:
            return {}
        return {
            "given": keras.saving.serialize_keras_object(dict(self._given)),
            "task": self.task and dataclasses.asdict(self.task),
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config["given"]))
        if config["task"] is not None:
            self.compile_for(Task(**config["task"]))

    def compile_for(self, task):
        """Keras' compile, with what was left out by recipe and task."""
        with self.distribute_strategy.scope():
            arch_optimizer, arguments = defaults.completed(
                self._choices, self.recipe, task
            )
            scales = arguments.pop("auto_scale_loss", True)
            super().compile(auto_scale_loss=False, **arguments)
            self.arch_optimizer = arch_optimizer
            self.loss_scaling = LossScaling(self, scales)
        self.task = task
        self.forget_traces()

    def train_step(self, data):
        train_batch, valid_batch = data
        modality = self.modality
        with modality.step(train_batch, self.optimizer):
            train_batch = modality.resumed(train_batch, "train")
            valid_batch = modality.resumed(valid_batch, "search")
            if not self.arch_frozen:
                searched = steps.arch_step(self, train_batch, valid_batch)
                modality.keep(searched.outputs, "search")
            trained = steps.weight_step(self, train_batch)
            modality.keep(trained.outputs, "train")
        logs = self._logs(train_batch, trained.outputs, trained.loss)
        if self.arch_frozen:
            logs.pop("arch_loss", None)
        return logs

    def _get_metrics_result_or_logs(self, logs):
        # The last step of an epoch may be one that leaves it out.
        if float(tf.convert_to_tensor(self.arch_loss_tracker.count)):
            logs = {"arch_loss": 0.0, **logs}
        return super()._get_metrics_result_or_logs(logs)

    def test_step(self, data):
        batch = self.modality.resumed(data, "evaluation")
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        outputs = self.forward(x, training=False)
        self.modality.keep(outputs, "evaluation")
        logits = self.modality.logits(outputs)
        loss = self.compute_loss(x, y, logits, sample_weight, training=False)
        logs = self._logs(batch, outputs, loss)
        return {k: v for k, v in logs.items() if k != "arch_loss"}

    def reset_metrics(self):
        """Forgets carried hidden states too: a text starts over.

        Keras calls it at the start of each epoch and of each evaluation.
        """
        super().reset_metrics()
        self.modality.reset()

    def _logs(self, batch, outputs, loss):
        """The metrics, with what a batch adds to them."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        private_api.loss_tracker(self).update_state(
            loss * self.distribute_strategy.num_replicas_in_sync,
            sample_weight=tf.size(y),
        )
        logits = self.modality.logits(outputs)
        logs = self.compute_metrics(x, y, logits, sample_weight)
        return {**logs, **self.modality.figures(logs)}

    def architecture_gradients(self, train_batch, valid_batch):
        """What the architect gives for a pair of batches; changes no state.

        Args:
            train_batch: Tuple (x, y) or (x, y, sample weight), global.
            valid_batch: The same, of the search half.

        Returns:
            List of float32 tensors in the order of `arch_variables`, reduced
            over replicas, with the regularizers, before the optimizer's
            weight decay and clipping. In float16 they may overflow until
            some steps have brought the scale of the loss down.
        """
        if self.task is None:
            self.compile_for(
                self.modality.task_of(train_batch, self.chosen_loss)
            )
        if self._gradient_function is None:
            self._gradient_function = steps.gradient_function(self)
        with grappler(self.grappler):
            return self._gradient_function(train_batch, valid_batch)

    def hessian_product(self, batch):
        """The curvature of the search loss in the architecture.

        Args:
            batch: Tuple (x, y) or (x, y, sample weight), global.

        Returns:
            Function of a vector, of all `arch_variables` one after the other,
            that gives the Hessian times it, as an array. The network is in
            training mode, no state changes, and regularizers and the weight
            decay of the optimizer are left out.
        """
        if self.task is None:
            self.compile_for(self.modality.task_of(batch, self.chosen_loss))
        if self._curvature_function is None:
            self._curvature_function = steps.curvature_function(self)
        return supernet_evaluation.as_arrays(
            self, self._curvature_function, batch
        )

    def architecture_eigenvalue(self, batch):
        """The largest one of that Hessian, with the weight decay."""
        return supernet_evaluation.largest_eigenvalue(self, batch)

    def freeze_architecture(self, frozen):
        """Whether a step leaves the architecture out; both stay traced."""
        frozen = frozen or not self.strategy.architect.updates_architecture
        if frozen != self.arch_frozen:
            self.arch_frozen = frozen
            kept, self._other_step = self._other_step, self.train_function
            self.train_function = kept
            self.make_train_function()

    def renew_steps(self):
        """Has steps traced again, but not the gradients they are made of."""
        self._gradient_function = self._other_step = None
        self.make_train_function(force=True)

    def forget_traces(self):
        """What was traced before a change of the model is traced again."""
        self.problem = BilevelProblem(self)
        self._gradient_function = self._curvature_function = None
        self.test_function = self.predict_function = None
        self.train_function = self._other_step = None
