"""Figures without pyplot, and picture files that appear whole."""

from __future__ import annotations

import io
import os
import pathlib
import uuid
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keras_darts.utils.files import user_path
from keras_darts.utils.typing import PathLike

_SUFFIXES = (".png", ".svg")

# Text stays text, so that it can be searched; the salt and the empty date make
# the same picture the same bytes.
_SVG = {"svg.fonttype": "none", "svg.hashsalt": "keras_darts"}
_METADATA = {"svg": {"Date": None}, "png": {"Software": None}}


class Picture(Figure):
    """A figure on a canvas of its own, which notebooks display by itself.

    The page shines through, so that it may be light or dark.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"facecolor": "none", **kwargs})
        FigureCanvasAgg(self)

    def render(self, form: str, dpi: int = 144) -> bytes:
        """The picture's bytes as `"svg"` or `"png"`."""
        stream = io.BytesIO()
        with matplotlib.rc_context(_SVG):
            self.savefig(stream, format=form, dpi=dpi, metadata=_METADATA[form])
        return stream.getvalue()

    def _repr_png_(self):
        return self.render("png")


def save_picture(
    picture: Picture, path: PathLike | None
) -> Picture | pathlib.Path:
    """Write the picture, or give it back where there is no path."""
    if path is None:
        return picture
    path = picture_path(path)
    return write_picture(path, picture.render(path.suffix.lower()[1:]))


def picture_path(path: PathLike) -> pathlib.Path:
    """`path` as a `pathlib.Path`, once its suffix is one we can write."""
    path = user_path(path)
    if path.suffix.lower() not in _SUFFIXES:
        raise ValueError(
            f"`path` must end in one of {', '.join(_SUFFIXES)}. "
            f"Received: path={str(path)!r}"
        )
    return path


def write_picture(path: pathlib.Path, content: bytes) -> pathlib.Path:
    """Write bytes so that the file is there whole or not at all.

    Raises:
        ValueError: If nothing can be written there.
    """
    partial = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(
            f"`path` must lie in a folder that can be written ({error}). "
            f"Received: path={str(path)!r}"
        ) from error
    return path
