"""A classifier of digits from images, names and a time: nothing else.

Searches architectures within the time, trains the best one, and has it judged
on digits that it has not seen. The same call continues after a kill.

    python examples/auto_digits.py --time_budget=10m
    python examples/auto_digits.py --smoke

With --smoke there is time for the smallest sizes alone, which learn nothing.
"""

import argparse
import os
import time

import keras_darts as kd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
kd.configure_cpu()

import numpy as np  # noqa: E402  (after configure_cpu)
from sklearn.datasets import load_digits  # noqa: E402

NAMES = "zero one two three four five six seven eight nine"


def main():
    options = parse_options()
    start = time.time()
    images, numbers = load_digits(return_X_y=True)
    images, names = images.reshape(-1, 8, 8), np.array(NAMES.split())[numbers]
    count = options.num_train

    say("1. Search and train, in the time that there is")
    classifier = kd.ImageClassifier(
        max_trials=options.max_trials,
        directory=options.output_dir,
        project_name="auto_digits",
        time_budget=options.time_budget,
        seed=0,
    )
    classifier.fit(images[:count], names[:count], verbose=2)

    say("2. Judge, and name some digits")
    loss, accuracy = classifier.evaluate(
        images[count:], names[count:], verbose=0
    )
    print(f"   accuracy {accuracy:.4f}, loss {loss:.4f}")
    print("  ", *classifier.predict(images[-5:], verbose=0))

    say("3. What was found, and the Keras model of it")
    print(classifier.genotype.to_text())
    file = os.path.join(options.output_dir, "auto_digits.keras")
    classifier.export_model().save(file)
    say(f"Done in {time.time() - start:.0f} s. The model is {file}.")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--time_budget", default="5m")
    parser.add_argument("--max_trials", type=int, default=4)
    parser.add_argument("--num_train", type=int, default=1438)
    parser.add_argument("--output_dir", default="runs")
    parser.add_argument("--smoke", action="store_true", help="tiny, for tests")
    options = parser.parse_args()
    if options.smoke:
        options.time_budget, options.max_trials = "20s", 1
        options.num_train = 300
    return options


def say(text):
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    main()
