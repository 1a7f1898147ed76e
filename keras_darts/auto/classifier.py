"""Base class of the classifiers of images and of texts."""

from __future__ import annotations

import abc
import csv
import difflib
import inspect
import pathlib
import shutil
from typing import TYPE_CHECKING

import keras

from keras_darts import export
from keras_darts import genotypes
from keras_darts import training
from keras_darts.auto import data as user_data
from keras_darts.auto.fit_pipeline import FitPipeline
from keras_darts.auto.fit_pipeline import Record
from keras_darts.auto.step_times import Budget
from keras_darts.auto.step_times import seconds_of
from keras_darts.tuner import objectives
from keras_darts.utils.errors import integer
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.files import folder_name
from keras_darts.utils.files import user_path
from keras_darts.utils.messages import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np

    from keras_darts.auto.image import Images
    from keras_darts.auto.text import Texts
    from keras_darts.datasets import Elements
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.tuner.darts_tuner import DartsTuner
    from keras_darts.utils.typing import PathLike

_BATCH_SIZE = 32
_FORMATS = ("saved_model", "litert", "onnx", "keras")


class Classifier(abc.ABC):
    """Base of the classifiers; see `ImageClassifier` for the arguments.

    Attributes:
        tuner: `DartsTuner` that has run the trials, `None` before `fit`.
        genotype: `Genotype` of the model, `None` before `fit`.
        classes: Array of the labels, in the order of the probabilities;
            `None` before `fit`.
    """

    classes: np.ndarray | None
    genotype: BaseGenotype | None

    tuner: DartsTuner | None

    @abc.abstractmethod
    def adapter_of(self, elements: Elements) -> Images | Texts:
        """`Images` or `Texts` of a user's `datasets.Elements`."""

    def __init__(
        self,
        num_classes: int | None = None,
        max_trials: int = 4,
        *,
        directory: PathLike | None = None,
        project_name: str,
        objective: Any = "val_accuracy",
        overwrite: bool = False,
        seed: int | None = None,
        time_budget: str | float | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise _no_argument(type(self), *unknown)
        if num_classes is not None:
            positive_integer("num_classes", num_classes)
        if seed is not None:
            integer("seed", seed)
        objectives.get(objective)
        self.num_classes = num_classes
        self.max_trials: int = positive_integer("max_trials", max_trials)
        self.directory: pathlib.Path = pathlib.Path()
        if directory is not None:
            self.directory = user_path(directory, "directory")
        self.project_name: str = folder_name(project_name, "project_name")
        self.objective = objective
        self.overwrite = overwrite
        self.seed = seed
        self.time_budget = time_budget
        self._seconds = seconds_of(time_budget)
        self.tuner = self.genotype = self.classes = None
        self._examples = self._model = None

    def fit(
        self,
        x: Any,
        y: Any = None,
        validation_data: Any = None,
        validation_split: float = 0.2,
        epochs: int | None = None,
        batch_size: int | None = None,
        callbacks: list[keras.callbacks.Callback] | None = None,
        verbose: int | str = "auto",
        class_weight: Mapping[Any, float] | None = None,
    ) -> keras.callbacks.History:
        """Searches architectures, and trains the best one.

        A fit that was cut is resumed by the same call, and one that is done is
        loaded from its folder.

        Args:
            x: The data, a pair (x, y), or a data set of such: a
                `tf.data.Dataset`, batched or not, a `keras.utils.PyDataset`,
                or an iterable of batches.
            y: Labels where `x` is no data set: class numbers, strings or
                booleans, or one-hot rows.
            validation_data: Pair (x, y) or data set on which networks are
                judged and never trained. Defaults to `None`: a part of `x`,
                on which only the final training trains, too.
            validation_split: Float in (0, 1), that part. Defaults to `0.2`.
            epochs: Integer, of each search and of each training. Defaults to
                `None`: chosen.
            batch_size: Integer. Defaults to `None`: that of the data set, or
                chosen.
            callbacks: List of Keras callbacks of the searches and of the final
                training. Defaults to none.
            verbose: As in Keras. Defaults to `"auto"`.
            class_weight: Dictionary from labels, as `y` has them, or from
                their places in `classes` for one-hot rows, to the weights of
                their elements in the losses of search and training. Those
                that are left out weigh one. Defaults to `None`.

        Returns:
            The Keras `History` of the final training.

        Raises:
            ValueError: for data that can't be classified, and for other data
                or settings than those of the project that is there.
            RuntimeError: if all trials have failed.
        """
        with shown(verbose):
            budget = Budget(self._seconds)
            options = {"epochs": epochs, "batch_size": batch_size}
            for name, number in options.items():
                if number is not None:
                    positive_integer(name, number)
            folder = self.directory / self.project_name
            if self.overwrite and folder.exists():
                shutil.rmtree(folder)
            data = user_data.read(
                self.adapter_of,
                x,
                y,
                validation_data=validation_data,
                validation_split=validation_split,
                num_classes=self.num_classes,
                class_weight=class_weight,
            )
            record = Record(
                folder, {**data.describe(), **self._own(), **options}
            )
            record.say_what_is_there()
            options |= {"callbacks": callbacks, "verbose": verbose}
            self._take(data, *self._run(data, record, budget, options))
        return _history(self._folder)

    def _own(self):
        """The settings with which a fit continues only as it began."""
        return {
            "max_trials": self.max_trials,
            "objective": _plain(self.objective),
            "time_budget": _plain(self.time_budget),
            "seed": self.seed,
        }

    def _run(self, data, record, budget, options):
        """The tuner, and the folder of the trained network."""
        before = record.get("seconds")
        pipeline = FitPipeline(
            data,
            record,
            Budget(self._seconds, budget.spent() + before),
            options={**options, "max_trials": self.max_trials},
            project={
                "directory": self.directory,
                "project_name": self.project_name,
                "objective": self.objective,
                "seed": self.seed,
            },
        )
        return pipeline.run()

    def _take(self, data, tuner, folder):
        self.tuner, self._folder = tuner, folder
        self.genotype = genotypes.load(folder / "genotype.json")
        self.classes, self._examples = data.labels.classes, data
        self._model = _assembled(data, training.load_network(folder))

    def predict(
        self, x: Any, batch_size: int = _BATCH_SIZE, verbose: int | str = "auto"
    ) -> np.ndarray:
        """The labels, in the form of those that `fit` was given.

        Args:
            x: As in `fit`; of a data set with labels, these are left out.
            batch_size: Integer, where `x` is no data set. Defaults to `32`.
            verbose: As in Keras. Defaults to `"auto"`.

        Returns:
            Array of labels; `export_model().predict(x)` returns probabilities.
        """
        model = self.export_model()
        batches = user_data.unlabelled(
            self._examples.adapter,
            x,
            positive_integer("batch_size", batch_size),
        )
        numbers = model.predict(batches, verbose=verbose).argmax(axis=-1)
        return self._examples.labels.decode(numbers)

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = _BATCH_SIZE,
        verbose: int | str = "auto",
        **options: Any,
    ) -> Any:
        """Loss and accuracy on data.

        Args:
            x: As in `fit`.
            y: Likewise.
            batch_size: Integer, where `x` is no data set. Defaults to `32`.
            verbose: As in Keras. Defaults to `"auto"`.
            **options: Further arguments of `keras.Model.evaluate`.

        Returns:
            List of the loss and the accuracy.
        """
        model = self.export_model()
        batches = user_data.labelled(
            self._examples.adapter,
            self._examples.labels,
            x,
            y,
            positive_integer("batch_size", batch_size),
        )
        return model.evaluate(batches, verbose=verbose, **options)

    def export_model(self) -> keras.Model:
        """The trained Keras model: what `fit` was given to probabilities.

        Its classes are in the order of `classes`. A file of its `save`
        needs `import keras_darts` to be loaded; what its `export` writes
        needs TensorFlow alone.
        """
        if self._model is None:
            raise RuntimeError(
                "`fit` must be called first: there is no model yet"
            )
        return self._model

    def export(
        self, path: PathLike, format: str = "saved_model", **options: Any
    ) -> pathlib.Path:
        """Writes the trained model as a file or folder that needs no Keras.

        Args:
            path: Where to, as for the function of `kd.export` that is named
                like the format.
            format: `"saved_model"`, `"litert"`, `"onnx"` or `"keras"`.
                Defaults to `"saved_model"`.
            **options: Further arguments of that function; `labels` are
                `classes` unless given.

        Returns:
            The path that was written.

        Raises:
            RuntimeError: before `fit`.
            ValueError: for an unknown format.
        """
        formats = {name: getattr(export, name) for name in _FORMATS}
        if format not in formats:
            raise unknown_name("format", format, formats)
        options.setdefault("labels", [str(label) for label in self.classes])
        return formats[format](self.export_model(), path, **options)


def _no_argument(cls, name, *others):
    """A `TypeError` that names what there is, and what there is not."""
    known = sorted({*_parameters(cls), *_parameters(Classifier)})
    nearest = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(nearest)}? " if nearest else ""
    if name in ("loss", "metrics"):
        hint = "loss and metric are cross entropy and accuracy; "
    return TypeError(
        f"`{name}` is no argument of {cls.__name__}: {hint}it takes "
        f"{', '.join(known)}"
    )


def _parameters(cls):
    kinds = inspect.Parameter
    return [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)
    ]


def _assembled(data, network):
    inputs = data.adapter.input()
    logits = network(data.adapter.tensors(inputs))
    model = keras.Model(inputs, keras.layers.Softmax(dtype="float32")(logits))
    # Plain SGD has no state that a file of the model would lack.
    model.compile(
        "sgd",
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    return model


def _history(run):
    """The Keras `History` that a run has written."""
    with (run / "history.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    history = keras.callbacks.History()
    history.epoch = [int(row.pop("epoch")) for row in rows]
    history.history = {
        name: [float(row[name]) for row in rows] for name in rows[0]
    }
    return history


def _plain(value):
    """What JSON can hold."""
    names = objectives.directions(value) if isinstance(value, list) else value
    return names if names is None or isinstance(names, dict) else str(names)
