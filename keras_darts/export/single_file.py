"""What all exports that are one file have in common."""

from keras import __version__

from keras_darts.export.exported import Exported
from keras_darts.export.exported import vocabulary_file


def check_file(path, suffix):
    """Refuses a path that such a file can't be written to."""
    if path.suffix != suffix or path.is_dir():
        raise ValueError(
            f"`path` must be a file that ends in {suffix!r}. "
            f"Received: path={str(path)!r}"
        )


def write_vocabulary(path, vocabulary):
    """Writes the vocabulary beside the file, or takes away an older one's."""
    file = vocabulary_file(path)
    if vocabulary is None:
        file.unlink(missing_ok=True)
    else:
        vocabulary.save(file)


def of_keras(file):
    """The `Exported` of a file that Keras reads, which serves nothing."""
    return Exported(path=file, runtime=f"keras {__version__}", signatures={})
