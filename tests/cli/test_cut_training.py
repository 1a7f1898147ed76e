"""The command `train`, killed and interrupted, loses nothing."""

import json
import pathlib
import shutil
import signal

from keras_darts import training
from keras_darts.cli.main import main
from keras_darts.runs import manifest


def killed(command, monkeypatch):
    """Leaves what a process leaves that is killed once it has saved a step."""
    write, left = manifest.write_manifest, pathlib.Path("left")

    def killing(prefix, **says):
        write(prefix, **says)
        first = (says["epochs_done"], says["step"]) == (0, 1)
        if first and not left.exists():
            shutil.copytree("a", left)
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "write_manifest", killing)
        assert main([*command, "--checkpoint_minutes=0"]) == 130
    # Without what an interrupted one does in its last moments.
    shutil.rmtree("a")
    left.rename("a")


def test_a_killed_training_goes_on_to_the_same_end(
    runs, here, monkeypatch, capfd
):
    command = [
        *["train", f"--run={runs.search}", "--output_dir=a"],
        *["--dataset=digits", "--max_examples=64", "--epochs=2"],
        *["--filters=2", "--num_cells=2"],
    ]
    killed(command, monkeypatch)
    capfd.readouterr()
    assert main([*command, "--seed=1", "--sync_batch_norm"]) == 1
    output = capfd.readouterr().err
    assert "recipe.seed: 0 in the run, 1 now" in output
    assert "recipe.sync_batch_norm: None in the run, True now" in output

    def interrupt(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 2:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(training.ETALogger, "on_train_batch_begin", interrupt)
        assert main(command) == 130
    output = capfd.readouterr()
    assert "resuming in epoch 1 of 2, after 1 of 2 steps" in output.out
    assert "keras-darts train --output_dir=a --resume" in output.out
    assert "SIGINT: the training has stopped in epoch 2" in output.err
    newest = manifest.manifests(here / "a" / "checkpoints")[0]
    assert (newest.epochs_done, newest.step) == (1, 1)

    assert main(["train", "--output_dir=a", "--resume"]) == 0
    whole, cut = (folder / "history.csv" for folder in (runs.train, here / "a"))
    assert cut.read_text() == whole.read_text()
    assert (here / "a" / "evaluation.json").exists()
    assert main(command) == 0
    assert "finished: loaded from a" in capfd.readouterr().out
    assert json.loads((here / "a" / "command.json").read_text())["filters"] == 2


def test_the_run_of_another_command_is_not_gone_on_with(runs, capfd):
    command = ["train", f"--output_dir={runs.search}", "--resume"]
    assert main(command) == 1
    assert "a run of the same command" in capfd.readouterr().err


def test_several_workers_are_refused(runs, here, monkeypatch, capfd):
    cluster = {"worker": ["localhost:1", "localhost:2"]}
    task = {"type": "worker", "index": 0}
    monkeypatch.setenv(
        "TF_CONFIG", json.dumps({"cluster": cluster, "task": task})
    )
    command = ["train", f"--run={runs.search}", "--output_dir=a"]
    assert main(command) == 1
    assert "`TF_CONFIG` must name one worker" in capfd.readouterr().err
    assert not (here / "a").exists()
