"""A run that was cut goes on with the same draws, whatever draws them."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
DROPPED = kd.connections.DropPath(kd.connections.FullConnection(0.5), 0.5)
SHUFFLED = kd.connections.PartialConnection(2, random=True)
# In the forward pass, and before it.
DRAWING = {
    "gumbel_softmax": DROPPED,
    "perturbed": SHUFFLED,
}
RISING = kd.callbacks.ScheduleVariable(
    "drop_path_rate", kd.schedules.Linear(0.2, 0.6, epochs=2)
)


def searched(relaxation, epochs, **folders):
    """All variables at the end of a run, the optimizers' included."""
    connection = DRAWING[relaxation]
    strategy = kd.SearchStrategy(
        relaxation=relaxation,
        connection=connection,
        callbacks=[RISING] if connection is DROPPED else [],
    )
    search = small_search(SPACE, strategy)
    search.compile(run_eagerly=True)
    search.fit(
        *small_batch(SPACE, count=4),
        batch_size=2,
        epochs=epochs,
        augmentation=None,
        warn_on_collapse=False,
        verbose=0,
        **folders,
    )
    return {v.path: v.numpy() for v in search.variables}


@pytest.mark.parametrize("relaxation", DRAWING)
def test_it_ends_where_it_would_have(relaxation, tmp_path):
    whole = searched(relaxation, 2)
    searched(relaxation, 1, output_dir=tmp_path)
    cut = searched(relaxation, 2, resume_from=tmp_path)
    for (path, one), other in zip(whole.items(), cut.values(), strict=True):
        np.testing.assert_array_equal(one, other, err_msg=path)
