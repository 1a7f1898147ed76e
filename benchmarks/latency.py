"""Foretold against measured latency, and searches with a target of it.

Measures a table of DARTS' image cells for networks of the given sizes; then
random networks that had no part in it; then searches on CIFAR-10 with targets
within the range of the table, whose found networks are measured as well. All
networks run as LiteRT files, on one thread, one image at a time.

    python benchmarks/latency.py --data_dir=DATA --output=A.json --picture=A.svg
"""

import argparse
import json
import pathlib
import time

import keras_darts as kd

kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)
import numpy as np  # noqa: E402
import scipy.stats  # noqa: E402

from keras_darts.analysis.picture import Picture  # noqa: E402
from keras_darts.analysis.picture import save_picture  # noqa: E402
from keras_darts.drawing.palette import INK  # noqa: E402
from keras_darts.drawing.palette import series_look  # noqa: E402
from keras_darts.networks import network_for  # noqa: E402
from keras_darts.profiling.cost_tables import converted  # noqa: E402
from keras_darts.runtimes.litert import interleaved_min_medians  # noqa: E402
from keras_darts.supernet import arch_parameters  # noqa: E402
from keras_darts.utils.files import write_json  # noqa: E402

ROUNDS = 9
# Seeds that the table does not use.
FIRST_SEED = 1000


def main():
    options = parse_options()
    begin = time.monotonic()
    space = kd.search_spaces.darts_cnn()
    sizes = {"filters": options.filters, "num_cells": options.num_cells}
    table = kd.profiling.build_cost_table(space, **sizes, rounds=ROUNDS)
    print(f"table after {time.monotonic() - begin:.0f} s", flush=True)
    drawn = [
        space.random_genotype(FIRST_SEED + i) for i in range(options.networks)
    ]
    search = searched(options, space, table)
    # All in turn, so that none has the machine's quiet moments.
    times = measured([*drawn, *(run["genotype"] for run in search)], sizes)
    predicted = [table.predict(genotype) for genotype in drawn]
    for run, ms in zip(search, times[len(drawn) :], strict=True):
        run |= {
            "genotype": run["genotype"].to_text(),
            "predicted_ms": table.predict(run["genotype"]),
            "measured_ms": ms,
            "measured_over_target": ms / run["target_ms"],
        }
    report = {
        "sizes": sizes,
        "machine": table.facts["machine"],
        "runtime": table.facts["runtime"],
        "range_ms": table.bounds(space),
        "networks": [
            {"predicted_ms": p, "measured_ms": m}
            for p, m in zip(predicted, times, strict=False)
        ],
        **agreement(predicted, times[: len(drawn)]),
        "searches": search,
        "seconds": round(time.monotonic() - begin),
    }
    write_json(options.output, report)
    print(json.dumps(report, indent=2))
    if options.picture:
        draw(report, options.picture)


def searched(options, space, table):
    """A search for each target and seed: settings and what it found."""
    data = kd.datasets.load(
        "cifar10", options.data_dir, split=f"train[:{options.max_examples}]"
    )
    least, most = table.bounds(space)
    runs = []
    for share in options.shares:
        for seed in options.seeds:
            target = least + share * (most - least)
            search = kd.DartsSearch(
                filters=options.search_filters,
                num_cells=options.search_cells,
                target_latency_ms=target,
                latency_table=table,
                seed=seed,
            )
            # The recipe's 3e-4 is meant for fifty epochs.
            rate = keras.optimizers.Adam(1e-2, beta_1=0.5)
            search.compile(arch_optimizer=rate)
            history = search.fit(
                data.train.batch(64), epochs=options.epochs, verbose=2
            )
            before = kd.discretizers.TopK()(
                search.search_space, *arch_parameters.mixing(search.supernet)
            )
            runs.append(
                {
                    "seed": seed,
                    "target_ms": target,
                    "genotype": search.genotype(),
                    "without_the_rule_ms": table.predict(before),
                    "val_accuracy": history.history["val_accuracy"][-1],
                }
            )
            print(runs[-1], flush=True)
    return runs


def measured(genotypes, sizes):
    """Milliseconds of each network."""
    files = []
    for genotype in genotypes:
        network = network_for(
            genotype, 10, (32, 32, 3), auxiliary=False, **sizes
        )
        files.append(converted(network))
    return interleaved_min_medians(files, 1, ROUNDS, lambda: None)


def agreement(predicted, times):
    error = np.abs(np.array(predicted) / times - 1)
    return {
        "kendall_tau": scipy.stats.kendalltau(predicted, times).statistic,
        "spearman_rho": scipy.stats.spearmanr(predicted, times).statistic,
        "mean_relative_error": float(error.mean()),
        "largest_relative_error": float(error.max()),
    }


def draw(report, path):
    """Foretold against measured, and what searches have found."""
    picture = Picture(figsize=(5.2, 4.2), facecolor="white")
    axes = picture.subplots()
    picture.subplots_adjust(left=0.13, right=0.97, top=0.9, bottom=0.13)
    groups = (
        ("random networks", report["networks"]),
        ("found with a target", report["searches"]),
    )
    ends = [0.0]
    for index, (label, rows) in enumerate(groups):
        color, _ = series_look(index)
        known, real = (
            [row[name] for row in rows]
            for name in ("predicted_ms", "measured_ms")
        )
        ends += [*known, *real]
        axes.plot(known, real, "o", color=color, markersize=5, label=label)
    ends = [0.9 * min(ends[1:]), 1.05 * max(ends)]
    axes.plot(ends, ends, color=INK, linewidth=0.8, linestyle=":")
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.set_xlabel("estimated, ms", color=INK)
    axes.set_ylabel("measured, ms", color=INK)
    axes.set_title(
        "Latency of LiteRT networks, one image on one thread",
        loc="left",
        fontsize=10,
        color=INK,
    )
    axes.tick_params(colors=INK)
    axes.grid(color="#e6eaee", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, labelcolor=INK)
    save_picture(picture, path)


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data_dir", help="by default that of TFDS")
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--picture", help="an .svg or .png file")
    for name, default, meaning in (
        ("filters", 16, "channels of the networks"),
        ("num_cells", 8, "cells of the networks"),
        ("networks", 24, "random networks"),
        ("search_filters", 4, "channels of the supernets"),
        ("search_cells", 4, "cells of the supernets"),
        ("max_examples", 2000, "images of a search"),
        ("epochs", 4, "epochs of a search"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=default, help=meaning
        )
    parser.add_argument(
        "--shares", type=float, nargs="+", default=[0.2, 0.5, 0.8]
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    return parser.parse_args()


if __name__ == "__main__":
    main()
