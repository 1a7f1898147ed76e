"""What a step costs for each filter, cell, edge, candidate, image and pixel."""

import dataclasses
import typing

import numpy as np
from circumstances import markdown


@dataclasses.dataclass(frozen=True)
class Axis:
    """A size of the search.

    Args:
        title: String, for tables and pictures.
        base: Integer, the size where others vary.
        values: Tuple of integers.
        unit: String, what costs are by.
        units: How many of those a size makes. Defaults to the size itself.
        spaced: String, how a picture spaces the sizes where it isn't evenly.
    """

    title: str
    base: int
    values: tuple
    unit: str
    units: typing.Callable = float
    spaced: str = ""


AXES = {
    "filters": Axis("filters", 8, (4, 8, 16, 32), "filter"),
    "num_cells": Axis("cells", 5, (3, 5, 8, 11), "cell"),
    # Each node has an edge from the two inputs and from all nodes before it.
    "num_nodes": Axis(
        "nodes",
        3,
        (2, 3, 4, 5),
        "edge of a cell",
        lambda nodes: nodes * (nodes + 3) / 2,
        " (by edges)",
    ),
    "num_primitives": Axis("primitives", 8, (2, 4, 6, 8), "primitive"),
    "batch_size": Axis("batch", 8, (4, 8, 16, 32), "image"),
    "image_size": Axis(
        "image side",
        16,
        (8, 16, 24, 32),
        "1,000 pixels",
        lambda side: side**2 / 1e3,
        " (by pixels)",
    ),
}


class Fit(typing.NamedTuple):
    """A cost as `fixed + slope * units`, and as a power of the size.

    `error` is the largest share by which the line misses a measured cost.
    """

    fixed: float
    slope: float
    error: float
    exponent: float

    def at(self, units):
        return self.fixed + self.slope * np.asarray(units)


def costs(points):
    """The sizes, and what is measured of them in seconds and GB."""
    return {
        "values": np.array([point["value"] for point in points]),
        "seconds": np.array([point["seconds"] for point in points]),
        "GB": np.array([point["peak_bytes"] / 1e9 for point in points]),
    }


def fitted(axis, values, measured):
    # By relative errors, else the largest size alone would decide.
    units = np.array([axis.units(value) for value in values])
    slope, fixed = np.polyfit(units, measured, 1, w=1 / measured)
    exponent, _ = np.polyfit(np.log(values), np.log(measured), 1)
    error = np.max(np.abs((fixed + slope * units) / measured - 1))
    return Fit(fixed, slope, error, exponent)


def cost_text(report, machine):
    """The base, the circumstances and a table with a row for each axis."""
    settings = report["settings"]
    rows = [
        [
            "size",
            "values",
            "step s",
            "s = fixed + slope",
            "off by",
            "s grows as",
        ]
        + ["peak GB", "GB = fixed + slope", "off by"]
    ]
    for name, points in report["axes"].items():
        rows.append(row_of(AXES[name], costs(points)))
    return "\n".join(
        [
            f"A {settings['step_type']} step around "
            f"{base_text(report['base'])}, "
            f"the fastest of {settings['steps']} steps after the first, "
            f"{'without' if settings['plain'] else 'with'} `configure_cpu`.",
            machine,
            "",
            markdown(rows, num_left=len(rows[0])),
        ]
    )


def row_of(axis, point):
    time = fitted(axis, point["values"], point["seconds"])
    memory = fitted(axis, point["values"], point["GB"])
    return [
        axis.title,
        listed(point["values"], "d"),
        listed(point["seconds"], ".3f"),
        line_text(time, axis.unit),
        f"{time.error:.0%}",
        f"{axis.title}^{time.exponent:.2f}",
        listed(point["GB"], ".2f"),
        line_text(memory, axis.unit),
        f"{memory.error:.0%}",
    ]


def line_text(fit, unit):
    sign = "-" if fit.slope < 0 else "+"
    return f"{fit.fixed:.3f} {sign} {abs(fit.slope):.2g} per {unit}"


def listed(numbers, form):
    return ", ".join(format(number, form) for number in numbers)


def base_text(base):
    return (
        "{filters} filters, {num_cells} cells of {num_nodes} nodes, "
        "{num_primitives} primitives, batch {batch_size}, images "
        "{image_size}x{image_size}x3".format(**base)
    )
