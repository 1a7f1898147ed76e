"""A search space of one's own: cells whose edges have different candidates.

Edges that leave the inputs of a cell may only look (convolve, skip); edges
between its nodes may only combine (pool, skip), or not be there.

    python examples/custom_search_space.py [--smoke]
"""

import argparse
import os
import time

import keras_darts as kd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
kd.configure_cpu()

LOOK = ("skip_connect", "sep_conv_3x3", "dil_conv_3x3")
COMBINE = ("none", "skip_connect", "max_pool_3x3", "avg_pool_3x3")


@kd.register_search_space("look_and_combine")
def look_and_combine(filters=8, num_cells=5, num_nodes=3):
    # Edges come by node, then by input; a cell's inputs are 0 and 1.
    edges = [
        LOOK if source < 2 else COMBINE
        for node in range(2, 2 + num_nodes)
        for source in range(node)
    ]
    return kd.SearchSpace(
        normal=kd.CellSpec(edges),
        reduce=kd.CellSpec(edges, reduction=True),
        filters=filters,
        num_cells=num_cells,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--smoke", action="store_true", help="tiny, for tests")
    options = parser.parse_args()
    start = time.time()

    space = look_and_combine()
    if options.smoke:
        space = look_and_combine(filters=4, num_cells=3, num_nodes=2)
    data = kd.datasets.load("digits")
    search = kd.DartsSearch(space, seed=1)
    search.fit(
        data.train.take(256 if options.smoke else data.num_train).batch(64),
        epochs=1 if options.smoke else options.epochs,
        verbose=2,
    )
    print("found: ", search.genotype().to_text())
    print("random:", space.random_genotype(seed=0).to_text())
    print(f"Done in {time.time() - start:.0f} s.")


if __name__ == "__main__":
    main()
