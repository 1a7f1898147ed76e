"""Kinds of data that the commands know: images, language, labelled texts."""

from keras_darts import search_spaces
from keras_darts.cli.tasks.image_classification import ImageModality
from keras_darts.cli.tasks.language_modeling import LanguageModality
from keras_darts.cli.tasks.text_classification import TextModality
from keras_darts.genotypes import Genotype
from keras_darts.genotypes import RecurrentGenotype

_MODALITIES = {
    modality.name: modality
    for modality in (ImageModality(), LanguageModality(), TextModality())
}
_OF_EXPORTS = {"image": "image", "sentence": "text", "language": "language"}
RECIPES = [name for m in _MODALITIES.values() for name in m.recipes]
FIGURES = list(
    dict.fromkeys(name for m in _MODALITIES.values() for name in m.judged_by)
)


def of_space(identifier):
    """The modality of a search space, by its name or config."""
    return _MODALITIES[search_spaces.get(identifier).modality]


def of_run(config):
    """The modality that the `config.json` of a run tells, or `None`."""
    if "search" in config:
        return of_space(config["search"]["search_space"])
    return _MODALITIES.get(config.get("data", {}).get("modality"))


def of_genotype(genotype):
    """The modality of a genotype of which only the primitives are known.

    Primitives themselves are layers, for which TensorFlow would be loaded, but
    the names in search spaces are not.
    """
    if isinstance(genotype, RecurrentGenotype):
        return _MODALITIES["language"]
    cells = isinstance(genotype, Genotype)
    text = cells and _along_time() & {*genotype.primitives()}
    return _MODALITIES["text" if text else "image"]


def _along_time():
    """Names of the primitives that spaces of sentences alone have."""
    names = {"text": set(), "image": set()}
    for space in map(search_spaces.get, search_spaces.names()):
        if space.modality in names:
            for cell in space.cells.values():
                names[space.modality].update(*cell.primitives)
    return names["text"] - names["image"]


def of_model(model):
    """The modality of a Keras model, or of an `ExportedModel`."""
    from keras_darts import export
    from keras_darts import networks

    if isinstance(model, export.ExportedModel):
        return _MODALITIES[_OF_EXPORTS[model.modality]]
    if isinstance(model, networks.RecurrentLanguageModel):
        return _MODALITIES["language"]
    text = isinstance(model, networks.TextNetwork)
    return _MODALITIES["text" if text else "image"]


def check_flags(options, modality):
    """Refuses flags that mean something for other kinds of data only.

    Raises:
        ValueError: for the first that was given.
    """
    given = [name for name in options if options[name].present]
    check_names({name: options[name].value for name in given}, modality)


def check_names(given, modality):
    """The same of a dictionary from names of flags to values."""
    known = {name for m in _MODALITIES.values() for name in m.flags}
    for name in sorted(known - {*modality.flags}):
        if name in given:
            raise ValueError(
                f"`{name}` must be left out for {modality.noun}. "
                f"Received: {name}={given[name]}"
            )
