"""What a search is compiled with where the user gave nothing."""

import types

import keras

from keras_darts.datasets import Task
from keras_darts.datasets import kind_of_loss
from keras_darts.networks import on_logits
from keras_darts.schedules import CosineByEpoch
from keras_darts.training import CoupledAdam
from keras_darts.training import CoupledSGD
from keras_darts.training import loss_for
from keras_darts.training import metrics_for


def completed(choices, recipe, task):
    """The architecture's optimizer, and the arguments of Keras' `compile`.

    Args:
        choices: Dictionary, what the user gave to `compile`.
        recipe: `SearchRecipe`, for the optimizers left out.
        task: `Task`, for the loss and the metrics left out.
    """
    chosen = {k: v for k, v in choices.items() if v is not None}
    arch = chosen.pop("arch_optimizer", None) or arch_optimizer(recipe)
    fallback = {
        "optimizer": weight_optimizer(recipe),
        "loss": loss_for(task.kind),
        "metrics": metrics_for(task.kind, task.num_outputs),
        "jit_compile": False,
    }
    arguments = {**fallback, **chosen}
    found = on_logits(
        arguments["loss"],
        arguments["metrics"],
        arguments.get("weighted_metrics"),
        num_outputs=task.num_outputs,
        kind=task.kind,
    )
    return keras.optimizers.get(arch), {**arguments, **found._asdict()}


def begun_anew(choices):
    """The same choices, with optimizers that have made no step."""
    return kept(
        {
            name: type(choice).from_config(choice.get_config())
            if isinstance(choice, keras.optimizers.Optimizer)
            else choice
            for name, choice in choices.items()
        }
    )


def kept(choices):
    """The choices as a mapping in which Keras does not look for metrics.

    A model's metrics are those it is compiled with, which may be others.
    """
    return types.MappingProxyType(choices)


def schedule(recipe, epochs, steps_per_epoch):
    """The recipe's cosine, constant within an epoch."""
    return CosineByEpoch(
        recipe.learning_rate,
        recipe.min_learning_rate,
        epochs,
        steps_per_epoch,
    )


def weight_optimizer(recipe):
    """SGD with momentum, L2 and clipping, at the first learning rate."""
    return CoupledSGD(
        schedule(recipe, epochs=1, steps_per_epoch=1),
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        global_clipnorm=recipe.clip_norm,
    )


def arch_optimizer(recipe):
    """Adam with L2."""
    return CoupledAdam(
        recipe.arch_learning_rate,
        beta_1=recipe.arch_beta_1,
        beta_2=recipe.arch_beta_2,
        epsilon=recipe.arch_epsilon,
        weight_decay=recipe.arch_weight_decay,
        global_clipnorm=recipe.arch_clip_norm,
    )


def task_for(loss, num_outputs):
    """The task that a loss stands for, where labels are not known yet."""
    kind = "sparse" if loss is None else kind_of_loss(loss)
    return Task(kind or "regression", num_outputs)
