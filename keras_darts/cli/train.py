"""Train the network of a genotype from scratch, and measure it.

The folder of the run gets model.keras, which takes raw images and gives
logits, config.json, genotype.json, history.csv, evaluation.json and files for
TensorBoard.

  keras-darts train --genotype=runs/digits --dataset=digits \\
      --output_dir=runs/digits-trained --epochs=20
  keras-darts train --genotype=darts_v2 --dataset=cifar10 --output_dir=runs/b
"""

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli import genotype
from keras_darts.files import write_json
from keras_darts.version import __version__

# Filters and cells by recipe: those of the papers, and some for digits.
_SIZES = {"cifar": (36, 20), "imagenet": (48, 14), "small": (16, 8)}
_IMAGENET_SIDE = 224


def define(options):
    """Declares the flags."""
    genotype.define(options)
    data.define(options)
    data.define_subset(options)
    flags.DEFINE_string(
        "output_dir", None, "Folder of the run.", flag_values=options
    )
    flags.DEFINE_enum(
        "recipe",
        None,
        sorted(_SIZES),
        "How to train; if not given, small below 32 pixels, imagenet from 128 "
        "up; for imagenet --image_size is the side of its crops, 224 if not "
        "given.",
        flag_values=options,
    )
    for name, meaning in (
        ("epochs", "Passes over the training images"),
        ("batch_size", "Images in a step"),
        ("filters", "Channels of a node in the first cells"),
        ("num_cells", "Cells of the network"),
    ):
        flags.DEFINE_integer(
            name,
            None,
            f"{meaning}; if not given, the recipe's.",
            lower_bound=1,
            flag_values=options,
        )
    flags.DEFINE_bool(
        "auxiliary",
        None,
        "Train with a second classifier half-way; if not given, where the "
        "images are large enough.",
        flag_values=options,
    )
    flags.DEFINE_integer(
        "seed",
        0,
        "Decides first weights, order and augmentation.",
        flag_values=options,
    )


def run(options):
    """Trains; `options` are the parsed flags."""
    folder = folders.new_run(options)
    found, _ = genotype.find(options)
    backend.start()
    import keras

    from keras_darts import training
    from keras_darts.cli import report
    from keras_darts.search.seeding import seeded

    name, shape, images = _images(options)
    with seeded(options.seed):
        network = _network(options, found, name, shape, images)
    recipe = _recipe(options, name, network, images)
    print(_introduction(recipe, name, network, images, report), flush=True)
    config = _config(options, name, network, recipe, images)
    recipe.fit(
        network,
        images.train,
        images.test,
        verbose=report.verbosity(),
        callbacks=[
            report.TimeLeft(),
            training.TrainingRun(folder, config=config, recipe=recipe),
            keras.callbacks.TensorBoard(folder / "tensorboard"),
        ],
    )
    figures = training.classification_figures(
        lambda batch: network.predict_on_batch(batch),
        recipe.pipeline(images.test, training=False),
    )
    write_json(folder / "evaluation.json", {"dataset": images.name, **figures})
    print(_conclusion(figures, folder))


def _images(options):
    """The recipe's name, the shape of the network's images, and the data."""
    images = data.load(options)
    height, width, channels = images.image_shape
    side = options.image_size or min(height or 0, width or 0)
    name = options.recipe or _recipe_for(side)
    if name == "imagenet":
        side = options.image_size or _IMAGENET_SIDE
        return name, (side, side, channels), data.subset(options, images)
    images = data.load(options, options.image_size)
    data.check_one_size(images)
    return name, images.image_shape, data.subset(options, images)


def _recipe_for(side):
    if not side or side >= 128:
        return "imagenet"
    return "cifar" if side >= 32 else "small"


def _network(options, found, name, shape, images):
    from keras_darts import networks

    filters, num_cells = _SIZES[name]
    extra = (
        {} if options.auxiliary is None else {"auxiliary": options.auxiliary}
    )
    return networks.network_for(
        found,
        images.num_classes,
        shape,
        filters=options.filters or filters,
        num_cells=options.num_cells or num_cells,
        **extra,
    )


def _recipe(options, name, network, images):
    from keras_darts import training

    make = {
        "cifar": training.cifar_recipe,
        "imagenet": training.imagenet_recipe,
        "small": training.small_image_recipe,
    }[name]
    given = {
        key: options[key].value
        for key in ("epochs", "batch_size")
        if options[key].value is not None
    }
    statistics = _statistics(name, images)
    return make(
        network,
        images.num_train,
        mean=statistics.mean,
        variance=statistics.variance,
        seed=options.seed,
        **given,
    )


def _statistics(name, images):
    """Mean and variance: the recipe's own, the data set's, or measured."""
    from keras_darts import datasets

    published = datasets.NORMALIZATIONS
    if images.name in published:
        return published[images.name]
    if name == "imagenet" and images.image_shape[-1] == 3:
        return published["imagenet2012"]
    return datasets.channel_statistics(images.train)


def _config(options, name, network, recipe, images):
    import keras
    import tensorflow as tf

    return {
        "network": {
            "name": type(network).__name__,
            "config": network.get_config(),
        },
        "recipe": {"name": name, **recipe.get_config()},
        "data": {
            "dataset": images.name,
            "data_dir": options.data_dir,
            "image_size": None if name == "imagenet" else options.image_size,
            "num_train": images.num_train,
            "label_names": list(images.label_names),
            "description": images.description,
        },
        "seed": options.seed,
        "versions": {
            "keras_darts": __version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
    }


def _introduction(recipe, name, network, images, report):
    return "\n".join(
        [
            f"train: {name} recipe, epochs: {recipe.epochs}, "
            f"seed: {recipe.seed}",
            data.describe(images),
            f"network: {network.num_cells} cells of {network.filters} filters,"
            f" {report.count(network.trainable_variables)} weights"
            f"{', auxiliary head' if network.auxiliary else ''}",
            f"device: {report.device()}",
        ]
    )


def _conclusion(figures, folder):
    return "\n".join(
        [
            data.in_words(figures),
            f"network:     {folder / 'model.keras'}",
            f"history:     {folder / 'history.csv'}",
            f"TensorBoard: tensorboard --logdir={folder / 'tensorboard'}",
            f"next:        keras-darts export --run={folder}",
        ]
    )
