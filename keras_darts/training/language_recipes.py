"""The published ways to train a language model, and one for a few minutes."""

import types

from keras_darts.training.averaged_sgd import AveragedSGD
from keras_darts.training.language_recipe import LanguageRecipe

# The arguments of `RecurrentLanguageModel` that go with each recipe; those
# that are not here have the defaults of that class.
MODEL_SETTINGS = types.MappingProxyType(
    {
        "ptb": {"hidden_size": 850, "hidden_dropout": 0.25},
        "wikitext2": {"hidden_size": 700, "hidden_dropout": 0.15},
        "small_text": {
            "hidden_size": 128,
            "output_dropout": 0.2,
            "hidden_dropout": 0.05,
            "cell_input_dropout": 0.2,
            "input_dropout": 0.1,
            "embedding_dropout": 0.0,
        },
    }
)


def ptb_recipe(
    model,
    *,
    epochs=8000,
    batch_size=64,
    learning_rate=20.0,
    weight_decay=8e-7,
    clip_norm=0.25,
    segment_length=35,
    eval_batch_size=10,
    patience=5,
    seed=0,
):
    """Compiles a model for Penn Treebank as DARTS trains it, and the rest.

    SGD with L2 in the gradient and clipping, on segments of random length;
    once validation stalls, the mean of all iterates since then.
    `MODEL_SETTINGS["ptb"]` has what is not the default in the model.

    Args:
        model: `RecurrentLanguageModel`.
        epochs: Integer; the published training ran for at most `8000`, the
            default.
        batch_size: Integer. Defaults to `64`.
        learning_rate: Float, of a segment of `segment_length` tokens. Defaults
            to `20.0`.
        weight_decay: Float. Defaults to `8e-7`.
        clip_norm: Float, of the gradient as a whole. Defaults to `0.25`.
        segment_length: Integer, that of the model. Defaults to `35`.
        eval_batch_size: Integer, the rows that the validation text is cut
            into. Defaults to `10`.
        patience: Integer, as in `NonMonotonicAveraging`. Defaults to `5`.
        seed: Integer, of the lengths of segments; the first weights and
            dropout follow `keras.utils.set_random_seed`. Defaults to `0`.

    Returns:
        The `LanguageRecipe`, whose `fit` trains the model.

    Example:

    >>> model = kd.networks.RecurrentLanguageModel(
    ...     "rnn_darts_v2", 20, hidden_size=8
    ... )
    >>> recipe = ptb_recipe(model)
    >>> recipe.epochs, model.optimizer.weight_decay
    (8000, 8e-07)

    Reference: Liu et al., 2019, DARTS, section 3.3 and appendix A.2.2.
    """
    recipe = LanguageRecipe(
        epochs=epochs,
        batch_size=batch_size,
        optimizer=AveragedSGD(
            float(learning_rate),
            weight_decay=weight_decay,
            global_clipnorm=clip_norm,
        ),
        segment_length=segment_length,
        eval_batch_size=eval_batch_size,
        patience=patience,
        seed=seed,
    )
    recipe.compile(model)
    return recipe


def wikitext2_recipe(model, **options):
    """`ptb_recipe` for WikiText-2, which differs in its weight decay.

    `MODEL_SETTINGS["wikitext2"]` has what is not the default in the model.

    Args:
        model: `RecurrentLanguageModel`.
        **options: Further arguments of `ptb_recipe`. Here they default to
            `weight_decay=5e-7`.

    Returns:
        The `LanguageRecipe`, whose `fit` trains the model.

    Reference: Liu et al., 2019, DARTS, section 3.4 and appendix A.2.4.
    """
    return ptb_recipe(model, **{"weight_decay": 5e-7, **options})


def small_text_recipe(model, **options):
    """`ptb_recipe` for a training of a few minutes on a CPU.

    `MODEL_SETTINGS["small_text"]` has a model for it, of 128 units and with
    little dropout.

    Args:
        model: `RecurrentLanguageModel`.
        **options: Further arguments of `ptb_recipe`. Here they default to
            `epochs=20` and `batch_size=32`.

    Returns:
        The `LanguageRecipe`, whose `fit` trains the model.
    """
    return ptb_recipe(model, **{"epochs": 20, "batch_size": 32, **options})
