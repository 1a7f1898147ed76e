"""Images, to be classified."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from typing import TYPE_CHECKING

from keras_darts.cli.options import require
from keras_darts.cli.tasks.base import Exports
from keras_darts.cli.tasks.base import LabelledCommands
from keras_darts.cli.tasks.base import Training
from keras_darts.cli.tasks.base import given_values
from keras_darts.cli.tasks.base import named_dataset
from keras_darts.cli.tasks.base import paragraph
from keras_darts.cli.tasks.base import predictions
from keras_darts.genotypes import NasBench201Genotype

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    import keras
    from absl.flags import FlagValues

    from keras_darts.datasets.image_data import ImageData
    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.utils.typing import Dataset

_ENDING = ".npz"


def check_image_source(path: pathlib.Path) -> None:
    """Refuses own files that hold no images.

    Raises:
        ValueError: for any other file than an archive of arrays.
    """
    if path.is_file() and path.suffix != _ENDING:
        raise ValueError(
            "`dataset` must be a folder of images or an .npz file, since the "
            "architecture is one for images. Text takes a recurrent one "
            "(darts_rnn, rnn_darts_v2), sentences one of text_cnn. Received: "
            f"dataset={str(path)!r}, a file"
        )


def is_own(options: FlagValues) -> bool:
    """Whether the data are files of the user and not known by a name."""
    return (
        options.dataset != "digits" and pathlib.Path(options.dataset).exists()
    )


def load_images(
    options: FlagValues, image_size: int | str | None = "auto"
) -> ImageData:
    """The `ImageData` that the flags describe, its images of that size."""
    require(options, "dataset")
    from keras_darts import datasets

    with named_dataset():
        return datasets.load(
            options.dataset, options.data_dir, image_size=image_size
        )


def for_network(
    options: FlagValues,
    network_shape: Sequence[int | None],
    saved: Mapping[str, Any],
) -> ImageData:
    """The `ImageData` for what was trained on images of a shape.

    Args:
        options: The flags.
        network_shape: Tuple, height, width and channels.
        saved: What `config.json` of the training run says, or nothing.
    """
    size = options.image_size
    if size is None and is_own(options) and not _crops(network_shape, saved):
        # Own files of many sizes, as they were when the network was made.
        size = tuple(network_shape[:2])
    return load_images(options, size)


def check_classes(data: ImageData, saved: Mapping[str, Any]) -> None:
    """Refuses images of other classes than a network was trained on.

    Raises:
        ValueError: if the names or their order differ.
    """
    known = saved.get("data", {}).get("label_names")
    if known is not None and known != list(data.label_names):
        raise ValueError(
            f"`dataset` must have the {len(known)} classes of the network, "
            f"{', '.join(known)}. Received: {data.name!r} with "
            f"{', '.join(data.label_names)}"
        )


def _crops(network_shape, saved):
    """Whether the middle of larger images is what the network sees."""
    from keras_darts import training

    if saved.get("recipe"):
        return saved["recipe"].get("resize") is not None
    return training.image_recipe_name(min(network_shape[:2])) == "imagenet"


def subset(options: FlagValues, data: ImageData) -> ImageData:
    """The `ImageData` with as many training images as the flags allow."""
    if options.max_examples is None:
        return data
    from keras_darts import datasets

    count = min(options.max_examples, data.num_train)
    return dataclasses.replace(
        data,
        train=datasets.stratified_subset(data.train, count, options.seed),
        num_train=count,
    )


def test_batches(
    data: ImageData,
    shape: Sequence[int | None],
    saved: Mapping[str, Any],
    batch_size: int = 100,
) -> Dataset:
    """Batches of the test images in the shape that a network takes."""
    return image_batches(data.test, data, shape, saved, batch_size)


def image_batches(
    part: Dataset,
    data: ImageData,
    shape: Sequence[int | None],
    saved: Mapping[str, Any],
    batch_size: int = 100,
) -> Dataset:
    """Batches of a part of the data, in the shape that a network takes.

    Args:
        part: `data.train` or `data.test`.
        data: `ImageData`.
        shape: Tuple, height, width and channels.
        saved: What `config.json` of the training run says, or nothing.
        batch_size: Integer. Defaults to `100`.
    """
    from keras_darts import datasets

    resize = saved.get("recipe", {}).get("resize")
    if resize is None and data.image_shape[:2] != tuple(shape[:2]):
        # As the ImageNet recipe evaluates: 224 of 256 pixels.
        resize = {"size": shape[0], "resize": round(shape[0] * 256 / 224)}
    crop = resize and datasets.ResizeCenterCrop(**resize)
    return datasets.eval_pipeline(part, batch_size, crop)


def check_one_size(data: ImageData) -> None:
    """Raises `ValueError` where images are of many sizes."""
    if None in data.image_shape:
        raise ValueError(
            "`image_size` must be given for a data set with images of many "
            f"sizes. Received: image_size=None, dataset={data.name!r}"
        )


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


class ImageCommands(LabelledCommands):
    """Images go in raw: scaling is part of what is trained and exported."""

    name: str | None = "image_classification"
    noun: str | None = "images"
    things: str | None = "images"
    flags: tuple[str, ...] = (
        *("image_size", "max_examples", "validation_split"),
        *("filters", "num_cells", "auxiliary", "sync_batch_norm"),
    )
    sources: tuple[str, ...] = ("dataset", "data_dir", "image_size")
    recipes: tuple[str, ...] = tuple(_SIZES)

    def check_source(self, path: pathlib.Path) -> None:
        check_image_source(path)

    def load(
        self, options: FlagValues, vocabulary: Vocabulary | None = None
    ) -> ImageData:
        images = load_images(options, options.image_size or "auto")
        check_one_size(images)
        return subset(options, images)

    def describe(self, data: ImageData) -> str:
        sides = " x ".join(str(side or "?") for side in data.image_shape)
        return (
            f"{paragraph('data', data.description)}\n"
            f"      {data.num_train} training images, {data.num_test} test "
            f"images, {sides}, {data.num_classes} classes"
        )

    def search_sizes(
        self, options: FlagValues, data: ImageData
    ) -> dict[str, Any]:
        return {
            **super().search_sizes(options, data),
            "input_shape": data.image_shape,
        }

    def supernet_in_words(self, space: Any) -> str:
        cells = super().supernet_in_words(space)
        return (
            f"three stages of {cells}" if space.skeleton == "stages" else cells
        )

    def training(
        self, options: FlagValues, genotype: BaseGenotype
    ) -> tuple[ImageData, Training]:
        from keras_darts.utils.private_api import seeded

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

    def network_in_words(self, network: keras.Model) -> str:
        cells = f"{network.num_cells} cells of {network.filters} filters"
        if isinstance(network.genotype, NasBench201Genotype):
            return f"three stages of {cells}"
        return f"{cells} with an auxiliary head" if network.auxiliary else cells

    def data_config(
        self, options: FlagValues, data: ImageData, training: Training
    ) -> dict[str, Any]:
        config = super().data_config(options, data, training)
        if training.name == "imagenet":
            config["image_size"] = None
        own = is_own(options)
        path = own and str(pathlib.Path(options.dataset).absolute())
        return {**config, "dataset": path or data.name}

    def trained_figures(
        self, training: Training, data: ImageData
    ) -> dict[str, float]:
        from keras_darts.training import evaluate_classifier

        return evaluate_classifier(
            predictions(training.network),
            training.recipe.pipeline(data.test, training=False),
        )

    def evaluated(
        self,
        model: keras.Model | ExportedModel,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, dict[str, float]]:
        from keras_darts.training import evaluate_classifier

        if hasattr(model, "image_shape"):
            shape = model.image_shape
            function = functools.partial(_logits, model)
        else:
            shape, function = model.input_shape[1:], model.predict_on_batch
        images = for_network(options, shape, saved)
        check_classes(images, saved)
        batches = test_batches(images, shape, saved, options.batch_size or 100)
        return images.name, evaluate_classifier(function, batches)

    def exports(
        self,
        network: keras.Model,
        options: FlagValues,
        *,
        saved: Mapping[str, Any],
        vocabulary: Vocabulary | None,
    ) -> tuple[str, Exports]:
        shape = network.input_shape[1:]
        images = for_network(options, shape, saved)
        test = test_batches(images, shape, saved)
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
            calibration=image_batches(shuffled, images, shape, saved),
            labelled=test,
        )

    def _recipe_and_images(self, options, genotype):
        """The recipe's name, the network's image shape, and the data."""
        images = load_images(options)
        height, width, channels = images.image_shape
        side = options.image_size or min(height or 0, width or 0)
        name = options.recipe or _recipe_for(side, genotype)
        if name == "imagenet":
            if is_own(options):
                images = load_images(options, None)
            side = options.image_size or _IMAGENET_SIDE
            shape = (side, side, channels)
            return name, shape, subset(options, images)
        if options.image_size is not None:
            images = load_images(options, options.image_size)
        check_one_size(images)
        return name, images.image_shape, subset(options, images)


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
        label_type="sparse",
        seed=options.seed,
        sync_batch_norm=options.sync_batch_norm,
        **given_values(options, "epochs", "batch_size"),
    )


def _statistics(options, name, images):
    """Mean and variance: the recipe's own, the data set's, or measured."""
    from keras_darts import datasets

    published = datasets.NORMALIZATIONS
    if images.name in published and not is_own(options):
        return published[images.name]
    if name == "imagenet" and images.image_shape[-1] == 3:
        return published["imagenet2012"]
    return datasets.channel_statistics(images.train)
