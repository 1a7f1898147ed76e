"""The two steps of a search, in replica context."""

import tensorflow as tf

from keras_darts.distributed.replicas import mean_over_replicas
from keras_darts.distributed.replicas import per_replica
from keras_darts.search.mixed_precision import finite_or
from keras_darts.supernet import architecture
from keras_darts.supernet import packed
from keras_darts.supernet import unpacked
from keras_darts.training import clip_gradients


def arch_loss_and_gradients(search, train_batch, valid_batch):
    """What the search loss was, and the gradients of alphas and betas."""
    result, gradients = search.strategy.architect.gradients(
        search.problem, train_batch, valid_batch
    )
    terms = architecture.regularizer_gradients(
        search.supernet, search.strategy.regularizers, gradients
    )
    return result, [g + t for g, t in zip(gradients, terms, strict=True)]


def arch_step(search, train_batch, valid_batch):
    """Moves the architecture, and nothing else; what the loss was."""
    result, gradients = arch_loss_and_gradients(
        search, train_batch, valid_batch
    )
    before = search.problem.arch_values()
    _apply(search, gradients, search.arch_variables, searching=True)
    _rescale(search.supernet.arch, before)
    search.strategy.architect.after_step(search.problem, result)
    search.arch_loss_tracker.update_state(result.loss * _num_replicas())
    return result


def weight_step(search, batch):
    """Moves the weights and the state of the layers.

    Returns:
        The `LossAndGradients` of the batch, from before the step.
    """
    problem = search.problem
    result = problem.gradients(
        batch,
        problem.weight_values(),
        problem.arch_values(),
        "weights",
        penalized=True,
        mixing=search.strategy.relaxation.perturb(problem, batch),
    )
    gradients = problem.for_variables(result.weights)
    _apply(search, gradients, search.weight_variables, searching=False)
    state = search.supernet.non_trainable_variables
    values = mean_over_replicas(result.state)
    if search.loss_scaling.enabled:
        # Where the weights' step is left out, their layers stay as well.
        values = finite_or(result.weights, values, state)
    for variable, value in zip(state, values, strict=True):
        variable.assign(value)
    return result


def _rescale(arch, before):
    """Lets the relaxation shift the logits that a step has moved."""
    # Betas, which come after all alphas, stay as they are.
    for variable, value in zip(arch.alphas.values(), before, strict=False):
        after = tf.convert_to_tensor(variable)
        rescaled = arch.relaxation.rescale_logits(value, after)
        if rescaled is not after:
            variable.assign(rescaled)


def gradient_function(search):
    """`arch_loss_and_gradients` for global batches, called from outside."""
    strategy = search.distribute_strategy

    def gradients(*batches):
        def on_replica(train_batch, valid_batch):
            with search.modality.step(train_batch, search.optimizer):
                # From a text's beginning: no state is read or kept.
                _, gradients = arch_loss_and_gradients(
                    search,
                    search.modality.begun(train_batch),
                    search.modality.begun(valid_batch),
                )
            return gradients

        parts = [per_replica(strategy, batch) for batch in batches]
        result = strategy.run(on_replica, parts)
        return [
            tf.cast(strategy.experimental_local_results(g)[0], "float32")
            for g in result
        ]

    return gradients if search.run_eagerly else tf.function(gradients)


def curvature_function(search):
    """`search.problem.arch_hvp` for a global batch and a vector."""
    strategy, modality = search.distribute_strategy, search.modality

    def product(batch, vector):
        def on_replica(batch, vector):
            problem = search.problem
            products = problem.arch_hvp(
                modality.begun(batch),
                problem.weight_values(),
                problem.arch_values(),
                unpacked([vector], search.arch_variables),
            )
            return packed(products)

        parts = per_replica(strategy, batch)
        (result,) = strategy.run(on_replica, (parts, vector))
        return strategy.experimental_local_results(result)[0]

    return product if search.run_eagerly else tf.function(product)


def _num_replicas():
    return tf.distribute.get_strategy().num_replicas_in_sync


def _apply(search, gradients, variables, searching):
    """One step with gradients that are already summed over replicas."""
    optimizer = search.arch_optimizer if searching else search.optimizer
    replicas = _num_replicas()
    if replicas > 1:
        # The optimizer would clip each replica's share of the sum that it
        # makes once more.
        gradients = [g / replicas for g in clip_gradients(optimizer, gradients)]
    search.loss_scaling.apply(gradients, variables, searching)
