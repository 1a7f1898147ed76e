"""Time and memory of a step of the recurrent search, beside the original's.

python benchmarks/recurrent_step_time.py --batch_size=256
python benchmarks/recurrent_step_time.py --original=../darts
"""

from step_table import text_of
from step_workers import KINDS
from step_workers import OURS
from step_workers import make_parser
from step_workers import measured_report
from step_workers import parse_options

from keras_darts.files import write_json

SIZES = {
    "hidden_size": (300, "units of the embedding and of the cell"),
    "vocabulary_size": (10000, "words"),
    "segment_length": (35, "words of a text in a step"),
    "batch_size": (64, "texts in a step, for weights and alphas each"),
}


def main():
    choices = {"kinds": KINDS}
    parser = make_parser(__doc__, SIZES, **choices)
    options = parse_options(parser, "rnn/architect.py", **choices)
    modules = {OURS: "keras_darts_recurrent_step"}
    if options.original:
        modules["original"] = "original_recurrent_step"
    report = measured_report(options, modules)
    sizes = (
        f"{options.hidden_size} units, {options.vocabulary_size:,} words, "
        f"segments of {options.segment_length}, batch {options.batch_size}"
    )
    print(text_of(report, sizes))
    if options.output:
        write_json(options.output, report)


if __name__ == "__main__":
    main()
