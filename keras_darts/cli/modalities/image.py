"""Images, to be classified."""

import functools
import pathlib

from keras_darts.cli.modalities import image_data
from keras_darts.cli.modalities.labelled import LabelledModality
from keras_darts.cli.modalities.labelled import predictions
from keras_darts.cli.modalities.modality import Exports
from keras_darts.cli.modalities.modality import Training
from keras_darts.cli.modalities.modality import given_values
from keras_darts.cli.modalities.modality import paragraph
from keras_darts.genotypes import NasBench201Genotype

# Filters and cells by recipe: those of the papers, and some for digits.
_SIZES = {
    "cifar": (36, 20),
    "imagenet": (48, 14),
    "nas_bench_201": (36, 20),
    "small": (16, 8),
}
# Those of three stages, whatever the recipe.
_STAGE_SIZES = (16, 5)
_IMAGENET_SIDE = 224
# Of the images that calibrate.
_SEED = 0
_SHUFFLE = 4096


class ImageModality(LabelledModality):
    """Images go in raw: scaling is part of what is trained and exported."""

    name = "image"
    noun = things = "images"
    flags = (
        *("image_size", "max_examples", "validation_split"),
        *("filters", "num_cells", "auxiliary", "sync_batch_norm"),
    )
    sources = ("dataset", "data_dir", "image_size")
    recipes = tuple(_SIZES)

    def check_source(self, path):
        image_data.check_source(path)

    def load(self, options, vocabulary=None):
        images = image_data.load(options, options.image_size or "auto")
        image_data.check_one_size(images)
        return image_data.subset(options, images)

    def describe(self, data):
        sides = " x ".join(str(side or "?") for side in data.image_shape)
        return (
            f"{paragraph('data', data.description)}\n"
            f"      {data.num_train} training images, {data.num_test} test "
            f"images, {sides}, {data.num_classes} classes"
        )

    def search_sizes(self, options, data):
        return {
            **super().search_sizes(options, data),
            "input_shape": data.image_shape,
        }

    def supernet_in_words(self, space):
        cells = super().supernet_in_words(space)
        return (
            f"three stages of {cells}" if space.skeleton == "stages" else cells
        )

    def training(self, options, genotype):
        from keras_darts.seeding import seeded

        name, shape, images = self._recipe_and_images(options, genotype)
        with seeded(options.seed):
            network = _network(options, genotype, name, shape, images)
        recipe = _recipe(options, name, network, images)
        tested = images.valid is None
        return images, Training(
            name,
            recipe,
            network,
            images.train,
            images.test if tested else images.valid,
            tested=tested,
            num_train=images.num_train,
            num_validation=images.num_test if tested else images.num_valid,
        )

    def network_in_words(self, network):
        cells = f"{network.num_cells} cells of {network.filters} filters"
        if isinstance(network.genotype, NasBench201Genotype):
            return f"three stages of {cells}"
        return f"{cells} with an auxiliary head" if network.auxiliary else cells

    def data_config(self, options, data, training):
        config = super().data_config(options, data, training)
        if training.name == "imagenet":
            config["image_size"] = None
        own = image_data.is_own(options)
        path = own and str(pathlib.Path(options.dataset).absolute())
        return {**config, "dataset": path or data.name}

    def trained_figures(self, training, data):
        from keras_darts.training import classification_figures

        return classification_figures(
            predictions(training.network),
            training.recipe.pipeline(data.test, training=False),
        )

    def evaluated(self, model, options, *, saved, vocabulary):
        from keras_darts.training import classification_figures

        if hasattr(model, "image_shape"):
            shape = model.image_shape
            function = functools.partial(_logits, model)
        else:
            shape, function = model.input_shape[1:], model.predict_on_batch
        images = image_data.for_network(options, shape, saved)
        image_data.check_classes(images, saved)
        batches = image_data.test_batches(
            images, shape, saved, options.batch_size or 100
        )
        return images.name, classification_figures(function, batches)

    def exports(self, network, options, *, saved, vocabulary):
        shape = network.input_shape[1:]
        images = image_data.for_network(options, shape, saved)
        test = image_data.test_batches(images, shape, saved)
        labels = self.label_names(images, saved)
        common = {"labels": labels, "samples": test}
        shuffled = images.train.shuffle(_SHUFFLE, _SEED)
        crop = saved.get("recipe", {}).get("resize") or {}
        return images.name, Exports(
            common=common,
            saved_model={
                "resize": crop.get("resize"),
                "validation_data": test,
            },
            calibration=image_data.batches(shuffled, images, shape, saved),
            labelled=test,
        )

    def _recipe_and_images(self, options, genotype):
        """The recipe's name, the network's image shape, and the data."""
        images = image_data.load(options)
        height, width, channels = images.image_shape
        side = options.image_size or min(height or 0, width or 0)
        name = options.recipe or _recipe_for(side, genotype)
        if name == "imagenet":
            if image_data.is_own(options):
                images = image_data.load(options, None)
            side = options.image_size or _IMAGENET_SIDE
            shape = (side, side, channels)
            return name, shape, image_data.subset(options, images)
        if options.image_size is not None:
            images = image_data.load(options, options.image_size)
        image_data.check_one_size(images)
        return name, images.image_shape, image_data.subset(options, images)


def _logits(exported, images):
    return exported(images)["logits"]


def _recipe_for(side, genotype):
    from keras_darts import training

    stages = isinstance(genotype, NasBench201Genotype)
    return training.image_recipe_name(side, stages)


def _network(options, genotype, name, shape, images):
    from keras_darts import networks

    stages = isinstance(genotype, NasBench201Genotype)
    filters, num_cells = _STAGE_SIZES if stages else _SIZES[name]
    return networks.network_for(
        genotype,
        images.num_classes,
        shape,
        filters=options.filters or filters,
        num_cells=options.num_cells or num_cells,
        **given_values(options, "auxiliary"),
    )


def _recipe(options, name, network, images):
    from keras_darts import training

    make = {
        "cifar": training.cifar_recipe,
        "imagenet": training.imagenet_recipe,
        "nas_bench_201": training.nas_bench_201_recipe,
        "small": training.small_image_recipe,
    }[name]
    statistics = _statistics(options, name, images)
    return make(
        network,
        images.num_train,
        mean=statistics.mean,
        variance=statistics.variance,
        kind="sparse",
        seed=options.seed,
        sync_batch_norm=options.sync_batch_norm,
        **given_values(options, "epochs", "batch_size"),
    )


def _statistics(options, name, images):
    """Mean and variance: the recipe's own, the data set's, or measured."""
    from keras_darts import datasets

    published = datasets.NORMALIZATIONS
    if images.name in published and not image_data.is_own(options):
        return published[images.name]
    if name == "imagenet" and images.image_shape[-1] == 3:
        return published["imagenet2012"]
    return datasets.channel_statistics(images.train)
