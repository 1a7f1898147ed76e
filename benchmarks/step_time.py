"""Time and memory of a step of the search, beside the original code.

python benchmarks/step_time.py --filters=16 --num_cells=8 --batch_size=16
python benchmarks/step_time.py --original=../darts --output=figures.json
"""

from step_table import text_of
from step_workers import KINDS
from step_workers import OURS
from step_workers import make_parser
from step_workers import measured_report
from step_workers import parse_options

from keras_darts.files import write_json

LAYOUTS = ("channels_first", "channels_last")
SIZES = {
    "filters": (16, "channels of the first cells"),
    "num_cells": (8, "cells of the supernet"),
    "batch_size": (16, "images in a step, for weights and alphas each"),
    "image_size": (32, "height and width of the images"),
}


def main():
    choices = {"kinds": KINDS, "layouts": LAYOUTS}
    parser = make_parser(__doc__, SIZES, **choices)
    options = parse_options(parser, "cnn/architect.py", **choices)
    modules = {OURS: "keras_darts_step"}
    if options.original:
        for layout in options.layouts:
            modules[f"original, {layout}"] = "original_step"
    report = measured_report(options, modules)
    size = options.image_size
    sizes = (
        f"{options.filters} filters, {options.num_cells} cells, "
        f"batch {options.batch_size}, images {size}x{size}x3"
    )
    print(text_of(report, sizes))
    if options.output:
        write_json(options.output, report)


if __name__ == "__main__":
    main()
