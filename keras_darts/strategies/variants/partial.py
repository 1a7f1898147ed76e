"""Methods that search on a part of the channels."""

from keras_darts.strategies.callbacks import ArchWarmUp
from keras_darts.strategies.connections import PartialConnection
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.variants.catalog import register_variant


@register_variant("pc_darts")
def pc_darts(k=4):
    """PC-DARTS: a part of the channels, and edges that are weighed too."""
    return SearchStrategy(
        connection=PartialConnection(k),
        edge_normalization=True,
        callbacks=[ArchWarmUp(15)],
        recipe={
            "image": SearchRecipe(
                batch_size=256,
                learning_rate=0.1,
                min_learning_rate=0.0,
                arch_learning_rate=6e-4,
            )
        },
        citations=(
            "Xu et al., 2020, PC-DARTS: Partial Channel Connections for "
            "Memory-Efficient Architecture Search, ICLR",
        ),
    )
