"""Genotypes of any kind from JSON and files, and into files."""

from keras_darts.errors import unknown_name
from keras_darts.files import user_path
from keras_darts.files import written_whole
from keras_darts.genotypes import checks
from keras_darts.genotypes.base_genotype import BaseGenotype
from keras_darts.genotypes.base_genotype import read_json
from keras_darts.genotypes.genotype import Genotype
from keras_darts.genotypes.nas_bench_201_genotype import NasBench201Genotype
from keras_darts.genotypes.printed import from_text
from keras_darts.genotypes.recurrent_genotype import RecurrentGenotype

_CLASSES = {
    genotype.kind: genotype
    for genotype in (Genotype, RecurrentGenotype, NasBench201Genotype)
}


def from_json(string):
    """A genotype of the kind that its JSON form names.

    Args:
        string: String, what `to_json` of any kind of genotype gave.

    Raises:
        ValueError: If `string` is not JSON, is of another schema or version,
            or does not describe a genotype.

    Example:

    >>> genotype = RecurrentGenotype([("tanh", 0)], [1])
    >>> from_json(genotype.to_json()) == genotype
    True
    """
    kind, fields = read_json(string)
    if not isinstance(kind, str) or kind not in _CLASSES:
        raise unknown_name("kind", kind, _CLASSES)
    return _CLASSES[kind].from_fields("string", fields)


def load(path):
    """A genotype of any kind from a file.

    Args:
        path: String or path, of what `save` wrote, or of a text that
            `from_text` reads, such as the log of a search.

    Raises:
        ValueError: If the file does not hold a genotype; the message says why.
    """
    path = user_path(path)
    try:
        content = path.read_text(encoding="utf-8")
        is_json = path.suffix == ".json" or content.lstrip()[:1] == "{"
        return from_json(content) if is_json else from_text(content)
    except ValueError as error:
        raise ValueError(
            f"`path` must be a genotype file. Received: {str(path)!r}, "
            f"where {error}"
        ) from error


def save(genotype, path):
    """Writes the JSON form of a genotype; the file appears whole or not at all.

    Args:
        genotype: `Genotype`, `RecurrentGenotype` or `NasBench201Genotype`.
        path: String or path. Its folder is made if need be, a file that is
            there is replaced.
    """
    if not isinstance(genotype, BaseGenotype):
        raise TypeError(
            "`genotype` must be a genotype. Received: "
            f"genotype={checks.brief(genotype)} of type "
            f"{type(genotype).__name__}"
        )
    with written_whole(path) as scratch:
        scratch.write_text(genotype.to_json() + "\n", encoding="utf-8")
