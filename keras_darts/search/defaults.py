"""What a search is compiled with where the user gave nothing."""

import keras

from keras_darts.datasets import Task
from keras_darts.schedules import CosineByEpoch
from keras_darts.training import CoupledAdam
from keras_darts.training import CoupledSGD
from keras_darts.training import loss_for
from keras_darts.training import metrics_for

_ON_LOGITS = {
    "sparse_categorical_crossentropy": "sparse",
    "SparseCategoricalCrossentropy": "sparse",
    "categorical_crossentropy": "one_hot",
    "CategoricalCrossentropy": "one_hot",
    "binary_crossentropy": "multi_label",
    "BinaryCrossentropy": "multi_label",
}


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
    return keras.optimizers.get(arch), {**fallback, **chosen}


def begun_anew(choices):
    """The same choices, with optimizers that have made no step."""
    return {
        name: type(choice).from_config(choice.get_config())
        if isinstance(choice, keras.optimizers.Optimizer)
        else choice
        for name, choice in choices.items()
    }


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
    name = loss if isinstance(loss, str) else type(loss).__name__
    kind = "sparse" if loss is None else _ON_LOGITS.get(name, "regression")
    return Task(kind, num_outputs)


def loss_on_logits(loss):
    """The loss, where a name means its form on logits.

    Raises:
        ValueError: for a loss object that expects probabilities.
    """
    if isinstance(loss, str) and loss in _ON_LOGITS:
        return loss_for(_ON_LOGITS[loss])
    config = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
    if config.get("from_logits") is False:
        raise ValueError(
            "`loss` must be made with from_logits=True, since the networks "
            f"here give logits. Received: {type(loss).__name__}"
            "(from_logits=False)"
        )
    return loss
