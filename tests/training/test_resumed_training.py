"""A training that was cut at any moment ends where it would have ended."""

import errno
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.runs import manifest
from keras_darts.runs import monitor
from keras_darts.runs.monitor import Terminated

STEPS, EPOCHS = 3, 2
GENOTYPE = kd.Genotype(
    normal=[("skip_connect", 0), ("max_pool_3x3", 1)],
    normal_concat=[2],
    reduce=[("sep_conv_3x3", 0), ("skip_connect", 1)],
    reduce_concat=[2],
)


class Cut(Exception):
    """As a kill, after a number of steps."""


class At(keras.callbacks.Callback):
    """Does something at the start of the step after so many."""

    def __init__(self, steps, action=None):
        super().__init__()
        self.steps, self.action = steps, action
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append((self.epoch, batch))
        if self.steps == 0:
            if self.action is None:
                raise Cut
            self.action(self.model)
        self.steps -= 1


def images(count=12):
    x = np.random.default_rng(0).integers(0, 255, (count, 8, 8, 1))
    return tf.data.Dataset.from_tensor_slices(
        (x.astype("uint8"), np.arange(count) % 2)
    )


def trained(*callbacks, batch_size=4, learning_rate=0.1, **options):
    """Drop path, augmentation, momentum, a cosine and batch statistics."""
    keras.utils.set_random_seed(0)
    network = kd.networks.CifarNetwork(
        GENOTYPE, 2, 2, 1, auxiliary=False, input_shape=(8, 8, 1)
    )
    recipe = kd.training.small_image_recipe(
        network,
        12,
        mean=(127.0,),
        variance=(5000.0,),
        epochs=EPOCHS,
        batch_size=batch_size,
        learning_rate=learning_rate,
        drop_path=0.5,
        cutout=2,
    )
    network.run_eagerly = True
    # Of another state than the first one, unless it is restored.
    if options.get("resume_from"):
        network.stem[0].weights[0].assign_add(
            tf.ones_like(network.stem[0].weights[0])
        )
    options = {"verbose": 0, "checkpoint_minutes": 0, **options}
    network.history_of_fit = recipe.fit(
        network, images(), images(4), callbacks=list(callbacks), **options
    )
    return network


def cut_after(steps, folder, **options):
    with pytest.raises(Cut):
        trained(At(steps), output_dir=folder, **options)


def assert_same(one, other):
    for owners in ((one, other), (one.optimizer, other.optimizer)):
        pairs = zip(*(owner.variables for owner in owners), strict=True)
        for a, b in pairs:
            np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)


def history(folder):
    return (folder / "history.csv").read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return trained(output_dir=folder), history(folder)


# In an epoch and between two; later ones come below.
@pytest.mark.parametrize("steps", [2, 3])
def test_a_training_cut_at_any_step_ends_bit_for_bit_the_same(
    steps, whole, tmp_path
):
    cut_after(steps, tmp_path)
    newest = manifest.manifests(tmp_path / "checkpoints")[0]
    assert (newest.epochs_done, newest.step) == divmod(steps, STEPS)
    seen = At(-1)
    resumed = trained(seen, resume_from=tmp_path)
    assert seen.seen[0] == divmod(steps, STEPS)
    assert resumed.history_of_fit.epoch == [*range(steps // STEPS, EPOCHS)]
    assert_same(whole[0], resumed)
    assert history(tmp_path) == whole[1]


def test_a_run_changes_nothing_of_what_is_trained(whole):
    assert_same(whole[0], trained())


def test_a_training_goes_on_by_itself_and_only_until_it_is_finished(
    whole, tmp_path
):
    cut_after(0, tmp_path)
    assert not manifest.manifests(tmp_path / "checkpoints")
    cut_after(4, tmp_path)
    assert_same(whole[0], trained(output_dir=tmp_path))
    finished = trained(output_dir=tmp_path)
    assert_same(whole[0], finished)
    assert finished.history_of_fit.epoch == [*range(EPOCHS)]
    (tmp_path / "model.keras").unlink()
    assert_same(whole[0], trained(resume_from=tmp_path))
    assert kd.training.load_network(tmp_path).count_params()


def test_after_damage_the_checkpoint_before_is_taken(whole, tmp_path):
    cut_after(4, tmp_path)
    newest = manifest.manifests(tmp_path / "checkpoints")[0]
    index = newest.path.with_suffix(".index")
    index.write_bytes(index.read_bytes()[:-10])
    with pytest.warns(UserWarning, match="damaged, the one before it is taken"):
        assert_same(whole[0], trained(output_dir=tmp_path))


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    folder = tmp_path_factory.mktemp("begun")
    cut_after(0, folder)
    return folder


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 3}, "recipe.batch_size: 4 in the run, 3 now"),
        ({"learning_rate": 0.2}, "config.initial: 0.1 in the run, 0.2"),
        ({"config": {"seed": 1}}, "seed: None in the run, 1 now"),
        ({"epochs": 1}, "`epochs` must be that of the run in `output_dir`"),
        ({"initial_epoch": 1}, "`initial_epoch` must be left out"),
    ],
)
def test_another_configuration_is_refused_naming_the_difference(
    options, message, begun
):
    with pytest.raises(ValueError, match=message):
        trained(output_dir=begun, **options)


def test_fewer_epochs_than_those_of_the_recipe_are_made_more(whole, tmp_path):
    trained(output_dir=tmp_path, epochs=1)
    assert_same(whole[0], trained(resume_from=tmp_path, epochs=EPOCHS))
    assert history(tmp_path) == whole[1]


def test_the_folder_of_an_older_training_is_left_alone(tmp_path):
    (tmp_path / "config.json").write_text('{"network": {}, "fit": {}}')
    with pytest.raises(ValueError, match="must not hold a run already"):
        trained(output_dir=tmp_path)


def test_a_signal_ends_a_training_after_its_step_and_says_how_to_go_on(
    whole, tmp_path
):
    at = At(4, lambda network: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Terminated) as caught:
        trained(at, output_dir=tmp_path, checkpoint_minutes=10)
    assert at.seen[-1] == (1, 1)
    message = str(caught.value)
    assert "SIGTERM: the training has stopped in epoch 2" in message
    assert f"fit(resume_from={str(tmp_path)!r})" in message
    assert_same(whole[0], trained(resume_from=tmp_path))


def test_a_loss_that_is_not_finite_leaves_the_last_good_state(tmp_path):
    networks = []

    def spoil(network):
        networks.append(network)
        kernel = network.trainable_variables[0]
        kernel.assign(kernel * np.nan)

    with pytest.raises(FloatingPointError) as caught:
        trained(At(4, spoil), output_dir=tmp_path, checkpoint_minutes=10)
    message = str(caught.value)
    assert "a training must be finite" in message
    assert "in epoch 2, step 2 of 3" in message
    assert "lower `learning_rate`" in message
    assert "holds the state after epoch 1" in message
    assert all(np.isfinite(v.numpy()).all() for v in networks[0].variables)
    assert int(networks[0].optimizer.iterations) == STEPS


def test_a_full_disk_leaves_the_epochs_before(whole, tmp_path, monkeypatch):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    fill = At(
        4, lambda _: monkeypatch.setattr(tf.train.Checkpoint, "write", full)
    )
    with pytest.raises(OSError, match="No space left on device") as caught:
        trained(fill, output_dir=tmp_path, checkpoint_minutes=10)
    assert "`output_dir` must be a folder with room" in str(caught.value)
    assert "holds the state after epoch 1" in str(caught.value)
    monkeypatch.undo()
    assert_same(whole[0], trained(resume_from=tmp_path))


def sentences_trained(*callbacks, **folders):
    keras.utils.set_random_seed(0)
    network = kd.networks.TextNetwork(
        kd.Genotype(
            normal=[("skip_connect", 0), ("skip_connect", 1)],
            normal_concat=[2],
            reduce=[("skip_connect", 0), ("skip_connect", 1)],
            reduce_concat=[2],
        ),
        vocabulary_size=9,
        embedding_size=2,
        filters=2,
        num_cells=1,
        sequence_length=4,
    )
    recipe = kd.training.text_classification_recipe(
        network, 8, epochs=2, batch_size=8, learning_rate=0.3
    )
    network.run_eagerly = True
    ids = np.random.default_rng(0).integers(0, 9, (8, 4))
    data = tf.data.Dataset.from_tensor_slices((ids, [0, 1] * 4))
    recipe.fit(
        network, data, data, callbacks=list(callbacks), verbose=0, **folders
    )
    return network


def test_the_best_epoch_is_remembered(tmp_path, monkeypatch):
    scores = {0: 0.9, 1: 0.7}
    best = kd.training.callbacks.BestEpoch
    scored = best.on_epoch_end

    def at_score(self, epoch, logs=None):
        scored(self, epoch, {"val_accuracy": scores[epoch]})

    monkeypatch.setattr(best, "on_epoch_end", at_score)
    whole = sentences_trained(output_dir=tmp_path / "whole")
    with pytest.raises(Cut):
        sentences_trained(At(1), output_dir=tmp_path / "cut")
    assert_same(whole, sentences_trained(output_dir=tmp_path / "cut"))


def text_trained(*callbacks, **folders):
    keras.utils.set_random_seed(0)
    model = kd.networks.RecurrentLanguageModel(
        kd.RecurrentGenotype([("tanh", 0)], [1]),
        5,
        hidden_size=3,
        segment_length=8,
    )
    recipe = kd.training.small_language_model_recipe(
        model,
        batch_size=2,
        epochs=5,
        patience=1,
        learning_rate=30.0,
        segment_length=8,
    )
    model.run_eagerly = True
    ids = np.random.default_rng(0).integers(0, 5, 36)
    recipe.fit(
        model,
        ids,
        ids[:20],
        callbacks=list(callbacks),
        verbose=0,
        checkpoint_minutes=0,
        **folders,
    )
    return model


class SignalInLastValidation(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.last = epoch + 1 == self.params["epochs"]

    def on_test_begin(self, logs=None):
        if self.last:
            signal.raise_signal(signal.SIGTERM)


def test_averages_and_the_best_check_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(monitor, "_SECONDS_TO_VALIDATE", 0.0)
    whole = text_trained(output_dir=tmp_path / "whole")
    rows = history(tmp_path / "whole")
    steps = int(whole.optimizer.iterations)
    with pytest.raises(Cut):
        text_trained(At(int(3.5 * steps / 5)), output_dir=tmp_path / "cut")
    # When the weights are those that are averaged.
    with pytest.raises(Terminated, match="in epoch 5, after"):
        text_trained(SignalInLastValidation(), output_dir=tmp_path / "cut")
    assert (
        manifest.manifests(tmp_path / "cut" / "checkpoints")[0].step
        == steps / 5
    )
    assert_same(whole, text_trained(output_dir=tmp_path / "cut"))
    assert history(tmp_path / "cut") == rows
    assert [row[-1] for row in rows.splitlines()[1:]] == list("00011")
