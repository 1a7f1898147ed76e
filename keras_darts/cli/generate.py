"""Let a language model continue with a text.

A person reads what it has learned. The words of the prompt are separated by
spaces, as in the text that the model was trained on.

  keras-darts generate --run=runs/text-trained --prompt="the company"
  keras-darts generate --model=saved_models/ptb --temperature=0.8 --seed=1
"""

from __future__ import annotations

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import models


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    models.define(options)
    flags.DEFINE_string(
        "prompt",
        "",
        "What the text begins with; if not given, it begins as after the end "
        "of a line.",
        flag_values=options,
    )
    flags.DEFINE_integer(
        "num_tokens",
        100,
        "Words or characters to add.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_float(
        "temperature",
        1.0,
        "Below 1 for what is likely, above for what is not; 0 for what is "
        "the likeliest at every place.",
        lower_bound=0.0,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "top_k",
        None,
        "Among how many of the likeliest words or characters one is drawn; if "
        "not given, among all.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "seed", 0, "The same seed gives the same text.", flag_values=options
    )


def run(options: flags.FlagValues) -> None:
    """Prints the text; `options` are the parsed flags."""
    path, _ = models.find(options)
    backend.start()
    from keras_darts import export

    model, vocabulary, _ = models.load(path)
    print(
        export.generate(
            model,
            vocabulary=vocabulary,
            prompt=options.prompt,
            num_tokens=options.num_tokens,
            temperature=options.temperature,
            top_k=options.top_k,
            seed=options.seed,
        )
    )
