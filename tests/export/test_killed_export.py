"""An export that is killed leaves what was there, or all of the new."""

import hashlib
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest
from export_again import network

from keras_darts import export

SCRIPT = pathlib.Path(__file__).with_name("export_again.py")


@pytest.mark.parametrize(
    "renames, versions, in_file, card_fits",
    [
        pytest.param(1, [0], 0, True, id="before the new version"),
        pytest.param(3, [0, 1], 1, False, id="between a file and its card"),
    ],
)
def test_what_is_there_is_whole(
    tmp_path, renames, versions, in_file, card_fits
):
    pytest.importorskip("ai_edge_litert", reason="keras_darts[litert]")
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, str(renames)], timeout=120
    )
    assert done.returncode == -signal.SIGKILL
    folder, file = tmp_path / "net", tmp_path / "net.tflite"
    results = sorted(
        int(f.name) for f in folder.iterdir() if f.name.isdecimal()
    )
    assert results == list(range(1, len(versions) + 1))
    for version, value in zip(results, versions, strict=True):
        assert _value(folder / str(version)) == value
        export.model_card(folder / str(version))
    assert _value(file) == in_file
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (export.model_card(file)["sha256"] == checksum) is card_fits
    # What the killed one left is in nobody's way, and goes after a day.
    (left,) = (folder if card_fits else tmp_path).glob(".export-*")
    yesterday = left.stat().st_mtime - 25 * 60 * 60
    os.utime(left, (yesterday, yesterday))
    path = left.with_name("2.tflite")
    assert _value(export.litert(network(2), path)) == 2
    assert not left.exists()


def _value(path):
    image = np.zeros((1, 4, 4, 1), "float32")
    return export.load(path)(image)["logits"][0, 0]
