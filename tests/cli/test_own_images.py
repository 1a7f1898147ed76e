"""Commands on a user's own images: class folders and archives."""

import json

import numpy as np
import PIL.Image
import pytest

from keras_darts import export
from keras_darts.cli.main import main

TINY = ["--batch_size=8", "--epochs=1"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """JPEG files of two classes and of three sizes, in train and val."""
    folder = tmp_path_factory.mktemp("own") / "photos"
    random = np.random.default_rng(0)
    for part, count in (("train", 16), ("val", 4)):
        for name, level in (("day", 200), ("night", 50)):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                size = ((8, 8), (9, 14), (12, 8))[number % 3]
                pixels = random.normal(level, 20, (*size, 3)).clip(0, 255)
                image = PIL.Image.fromarray(pixels.astype("uint8"))
                image.save(folder / part / name / f"{number}.jpg")
    return folder


@pytest.fixture(scope="module")
def trained(photos, process, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs_of_photos")
    for command in (
        [
            *["search", f"--dataset={photos}", "--search_space=tiny", *TINY],
            f"--output_dir={root / 'search'}",
        ],
        [
            *["train", f"--dataset={photos}", f"--run={root / 'search'}"],
            *[*TINY, "--filters=2", "--num_cells=2"],
            f"--output_dir={root / 'train'}",
        ],
    ):
        assert main(command) == 0
    return root / "train"


def test_the_run_has_the_folder_and_the_names(trained, photos):
    data = json.loads((trained / "config.json").read_text())["data"]
    assert data["label_names"] == ["day", "night"]
    assert data["dataset"] == str(photos)
    assert (
        json.loads((trained / "evaluation.json").read_text())["num_examples"]
        == 8
    )


def test_evaluate_and_export_read_the_folder_again(
    trained, photos, here, capsys
):
    assert main(["evaluate", f"--run={trained}"]) == 0
    assert "on 8 test images" in capsys.readouterr().out
    formats = "--format=saved_model,litert"
    assert main(["export", f"--run={trained}", formats]) == 0
    output = capsys.readouterr().out
    assert output.count("on 8 test images") == 2
    file = here / "saved_models" / "photos.tflite"
    for path in (file, here / "saved_models" / "photos" / "1"):
        assert export.model_card(path)["labels"] == ["day", "night"]
    command = ["evaluate", f"--model={file}", f"--dataset={photos}"]
    assert main(command) == 0
    assert "on 8 test images" in capsys.readouterr().out


def test_evaluate_refuses_other_classes(trained, photos, here, capsys):
    renamed = here / "other"
    for part in ("train", "val"):
        (renamed / part).mkdir(parents=True)
        for old, new in (("day", "sun"), ("night", "moon")):
            (renamed / part / new).symlink_to(photos / part / old)
    assert main(["evaluate", f"--run={trained}", "--dataset=other"]) == 1
    assert "the 2 classes of the network, day, night" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["search --output_dir=a", "estimate"])
def test_a_damaged_image_is_named(command, photos, here, capsys):
    for part in ("train", "val"):
        (here / "mine" / part).mkdir(parents=True)
        for name in ("day", "night"):
            (here / "mine" / part / name).symlink_to(photos / part / name)
    (here / "mine" / "val" / "day").unlink()
    (here / "mine" / "val" / "day").mkdir()
    (here / "mine" / "val" / "day" / "bad.jpg").write_text("no image")
    flags = ["--dataset=mine", "--search_space=tiny", *TINY]
    assert main([*command.split(), *flags]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "`dataset` must hold images that can be read" in line
    assert "bad.jpg" in line


def test_a_plan_of_an_archive(here, capsys):
    x = np.arange(40 * 8 * 8).reshape(40, 8, 8) % 256
    np.savez(here / "a.npz", x=x, y=np.arange(40) % 4)
    command = ["estimate", "--dataset=a.npz", "--search_space=tiny", *TINY]
    assert main(command) == 0
    output = capsys.readouterr().out
    assert "32 training images, 8 test images, 8 x 8 x 1, 4 classes" in output


def test_tune_takes_a_folder(photos, here, capsys):
    command = ["tune", f"--dataset={photos}", "--search_space=tiny"]
    lengths = ["--search_epochs=1", "--train_epochs=1", "--max_trials=1"]
    few = ["--max_examples=24", "--batch_size=4", "--output_dir=a"]
    assert main([*command, *lengths, *few]) == 0
    assert "24 training images, 8 test images" in capsys.readouterr().out
