"""Whatever is compiled with is told that outputs are logits."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.networks.on_logits import GivesLogits

CELL = [("skip_connect", 0), ("skip_connect", 1)]
GENOTYPE = kd.Genotype(
    normal=CELL, normal_concat=[2], reduce=CELL, reduce_concat=[2]
)
NUMBERS = np.array([0, 2, 1, 2])
ROWS = np.eye(3, dtype="float32")[NUMBERS]
SEVERAL = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 0, 1]], "float32")
LOGITS = np.random.default_rng(0).normal(size=(4, 3)).astype("float32") * 3

SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
SIGMOID = 1 / (1 + np.exp(-LOGITS))
CROSS_ENTROPY = -np.log(SOFTMAX[np.arange(4), NUMBERS]).mean()
BINARY = -np.log(np.where(SEVERAL == 1, SIGMOID, 1 - SIGMOID)).mean()
# Alpha of 0.25 and gamma of 2, as Keras has them.
FOCAL_TERMS = (1 - SOFTMAX) ** 2 * -np.log(SOFTMAX) * 0.25
FOCAL = (ROWS * FOCAL_TERMS).sum(axis=1).mean()
OF_TRUE = np.where(SEVERAL == 1, SIGMOID, 1 - SIGMOID)
BINARY_FOCAL = ((1 - OF_TRUE) ** 2 * -np.log(OF_TRUE)).mean()
SOFT = np.array([[0.7, 0.2, 0.1]] * 4, "float32")
DIVERGENCE = (SOFT * np.log(SOFT / SOFTMAX)).sum(axis=1).mean()

losses, metrics = keras.losses, keras.metrics


@functools.cache
def entrance(name):
    """A search or network with three outputs."""
    sizes = {"num_classes": 3, "input_shape": (8, 8, 1)}
    if name == "search":
        space = kd.search_spaces.darts_cnn(2, 2, num_nodes=1)
        return kd.DartsSearch(space, **sizes)
    small = {"filters": 2, "num_cells": 3}
    if name == "cells":
        return kd.networks.CifarNetwork(
            GENOTYPE, **small, auxiliary=False, **sizes
        )
    if name == "stages":
        return kd.networks.NasBench201Network(
            "|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|",
            filters=2,
            num_cells=1,
            **sizes,
        )
    genotype = kd.search_spaces.text_cnn().random_genotype(0)
    return kd.networks.TextNetwork(
        genotype, 3, vocabulary_size=9, embedding_size=4, filters=2
    )


ENTRANCES = ("search", "cells", "stages", "text")


def bare(loss, metrics=None, weighted_metrics=None, num_outputs=3):
    """A model without layers, compiled with what `on_logits` makes."""
    model = keras.Sequential([keras.Input((num_outputs,))])
    result = kd.networks.on_logits(
        loss, metrics, weighted_metrics, num_outputs=num_outputs
    )
    model.compile(**result._asdict())
    return model


def small():
    return kd.networks.CifarNetwork(
        GENOTYPE, 3, 2, 1, auxiliary=False, input_shape=(8, 8, 1)
    )


class Linear(GivesLogits):
    """The fastest network to trace and to compile."""

    num_outputs = 3

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def call(self, x):
        return self.dense(keras.ops.reshape(x, (-1, 64)))


def loss_of(network, labels, logits=LOGITS):
    return float(network.compute_loss(None, labels, logits, training=False))


def figures_of(network, labels, logits=LOGITS, sample_weight=None):
    network.reset_metrics()
    network.compute_metrics(None, labels, logits, sample_weight)
    metrics = network.get_metrics_result()
    return {name: np.asarray(value) for name, value in metrics.items()}


def with_keyword(y_true, y_pred, from_logits=False):
    return losses.categorical_crossentropy(y_true, y_pred, from_logits)


def own(y_true, y_pred):
    return tf.reduce_sum(tf.cast(y_true, y_pred.dtype) * y_pred, axis=-1)


LOSSES = {
    "sparse_name": ("sparse_categorical_crossentropy", NUMBERS, CROSS_ENTROPY),
    "sparse_class_name": (
        "SparseCategoricalCrossentropy",
        NUMBERS,
        CROSS_ENTROPY,
    ),
    "sparse_function": (
        losses.sparse_categorical_crossentropy,
        NUMBERS,
        CROSS_ENTROPY,
    ),
    "sparse_class": (
        losses.SparseCategoricalCrossentropy,
        NUMBERS,
        CROSS_ENTROPY,
    ),
    "sparse_object": (
        losses.SparseCategoricalCrossentropy(from_logits=True),
        NUMBERS,
        CROSS_ENTROPY,
    ),
    "sparse_config": (
        {"class_name": "SparseCategoricalCrossentropy", "config": {}},
        NUMBERS,
        CROSS_ENTROPY,
    ),
    "list": (["sparse_categorical_crossentropy"], NUMBERS, CROSS_ENTROPY),
    "one_hot_name": ("categorical_crossentropy", ROWS, CROSS_ENTROPY),
    "one_hot_function": (losses.categorical_crossentropy, ROWS, CROSS_ENTROPY),
    "by_shape_numbers": ("crossentropy", NUMBERS, CROSS_ENTROPY),
    "by_shape_rows": ("ce", ROWS, CROSS_ENTROPY),
    "focal": ("categorical_focal_crossentropy", ROWS, FOCAL),
    "focal_class": (losses.CategoricalFocalCrossentropy, ROWS, FOCAL),
    "binary_name": ("binary_crossentropy", SEVERAL, BINARY),
    "binary_short": ("bce", SEVERAL, BINARY),
    "binary_function": (losses.binary_crossentropy, SEVERAL, BINARY),
    "binary_focal": ("binary_focal_crossentropy", SEVERAL, BINARY_FOCAL),
    "divergence": ("kl_divergence", SOFT, DIVERGENCE),
    "divergence_short": ("kld", SOFT, DIVERGENCE),
    "divergence_object": (losses.KLDivergence(), SOFT, DIVERGENCE),
    "squares": ("mse", ROWS, np.mean((ROWS - LOGITS) ** 2)),
    "absolute": (
        losses.mean_absolute_error,
        ROWS,
        np.mean(np.abs(ROWS - LOGITS)),
    ),
    "keyword": (with_keyword, ROWS, CROSS_ENTROPY),
    "partial": (
        functools.partial(losses.categorical_crossentropy, from_logits=True),
        ROWS,
        CROSS_ENTROPY,
    ),
    "own": (own, ROWS, (ROWS * LOGITS).sum(axis=1).mean()),
}


@pytest.mark.parametrize("form", LOSSES)
def test_losses_are_those_of_logits(form):
    loss, labels, expected = LOSSES[form]
    result = loss_of(bare(loss), labels)
    np.testing.assert_allclose(result, expected, rtol=1e-4)


@pytest.mark.parametrize("name", ENTRANCES)
def test_so_they_are_for_every_network_and_search(name):
    network = entrance(name)
    for form in ("sparse_name", "binary_function", "divergence", "own"):
        loss, labels, expected = LOSSES[form]
        network.compile(loss=loss)
        result = loss_of(network, labels)
        np.testing.assert_allclose(result, expected, rtol=1e-4)
    for form in ("object", "dice"):
        loss, words = REFUSED[form]
        with pytest.raises(ValueError, match=f"`loss` must.*{words}"):
            network.compile(loss=loss)


REFUSED = {
    "object": (losses.SparseCategoricalCrossentropy(), "from_logits=True"),
    "config": (
        {
            "class_name": "BinaryCrossentropy",
            "config": {"from_logits": False},
        },
        "from_logits=True",
    ),
    "partial": (
        functools.partial(losses.categorical_crossentropy, from_logits=False),
        "from_logits=True",
    ),
    "in_list": ([losses.CategoricalCrossentropy()], "from_logits=True"),
    "dice": ("dice", "LossOnProbabilities"),
    "tversky": (losses.Tversky(), "LossOnProbabilities"),
    "poisson": (losses.poisson, "positive numbers"),
}


@pytest.mark.parametrize("form", REFUSED)
def test_losses_that_would_be_wrong_are_refused(form):
    loss, words = REFUSED[form]
    with pytest.raises(ValueError, match=f"`loss` must.*{words}"):
        bare(loss)


def recall(scores, labels):
    result = scores > 0.5
    return (result * labels).sum() / labels.sum()


def precision(scores, labels):
    result = scores > 0.5
    return (result * labels).sum() / result.sum()


def area(scores, labels):
    """Of the ROC curve: how often a positive one has the higher score."""
    yes, no = scores[labels == 1][:, None], scores[labels == 0]
    return np.mean((yes > no) + 0.5 * (yes == no))


def binary_accuracy(scores, labels):
    return np.mean((scores > 0.5) == labels)


def macro_f1(scores, labels):
    result = scores == scores.max(axis=1, keepdims=True)
    true = (result * labels).sum(axis=0)
    return 2 * true / np.maximum(result.sum(axis=0) + labels.sum(axis=0), 1e-7)


def accuracy(scores, labels):
    return np.mean(scores.argmax(axis=1) == labels.argmax(axis=1))


def first_k(scores, labels, k):
    true = (scores * labels).sum(axis=1, keepdims=True)
    return np.mean((scores > true).sum(axis=1) < k)


def of_softmax(function, *more):
    return function(SOFTMAX, ROWS, *more)


def of_sigmoid(function, *more):
    return function(SIGMOID, SEVERAL, *more)


OF_CLASSES = {
    "accuracy": ("accuracy", of_softmax(accuracy)),
    "short": ("acc", of_softmax(accuracy)),
    "recall": (metrics.Recall(), of_softmax(recall)),
    "recall_name": ("recall", of_softmax(recall)),
    "recall_class": (metrics.Recall, of_softmax(recall)),
    "recall_of_a_class": (
        metrics.Recall(class_id=2),
        recall(SOFTMAX[:, 2], ROWS[:, 2]),
    ),
    "precision": ("Precision", of_softmax(precision)),
    "f1": (metrics.F1Score(), of_softmax(macro_f1)),
    "binary_accuracy": ("binary_accuracy", of_softmax(binary_accuracy)),
    "squares": ("mse", np.mean((SOFTMAX - ROWS) ** 2)),
    "squares_function": (
        losses.mean_squared_error,
        np.mean((SOFTMAX - ROWS) ** 2),
    ),
    "area": (metrics.AUC(num_thresholds=2000), of_softmax(area)),
    "one_hot_cross_entropy": (
        metrics.CategoricalCrossentropy(),
        CROSS_ENTROPY,
    ),
}
OF_NUMBERS = {
    **OF_CLASSES,
    "cross_entropy": ("sparse_categorical_crossentropy", CROSS_ENTROPY),
    "cross_entropy_function": (
        losses.sparse_categorical_crossentropy,
        CROSS_ENTROPY,
    ),
    "cross_entropy_object": (
        metrics.SparseCategoricalCrossentropy(),
        CROSS_ENTROPY,
    ),
    "first_two": (
        metrics.SparseTopKCategoricalAccuracy(2),
        of_softmax(first_k, 2),
    ),
}
OF_ROWS = {
    **OF_CLASSES,
    "cross_entropy": ("categorical_crossentropy", CROSS_ENTROPY),
    "first_two": (metrics.TopKCategoricalAccuracy(2), of_softmax(first_k, 2)),
}
OF_SEVERAL = {
    "accuracy": ("accuracy", of_sigmoid(binary_accuracy)),
    "short": ("acc", of_sigmoid(binary_accuracy)),
    "binary_accuracy": (
        metrics.BinaryAccuracy(),
        of_sigmoid(binary_accuracy),
    ),
    "threshold_of_logits": (
        metrics.BinaryAccuracy(threshold=0.0),
        of_sigmoid(binary_accuracy),
    ),
    "recall": ("recall", of_sigmoid(recall)),
    "precision": (metrics.Precision(), of_sigmoid(precision)),
    "area": (metrics.AUC(num_thresholds=2000), of_sigmoid(area)),
    "area_of_logits": (
        metrics.AUC(num_thresholds=2000, from_logits=True),
        of_sigmoid(area),
    ),
    "cross_entropy": ("bce", BINARY),
    "cross_entropy_object": (metrics.BinaryCrossentropy(), BINARY),
    "squares": (metrics.MeanSquaredError(), np.mean((SIGMOID - SEVERAL) ** 2)),
}
METRICS = {
    "sparse_categorical_crossentropy": (NUMBERS, OF_NUMBERS),
    "categorical_crossentropy": (ROWS, OF_ROWS),
    "binary_crossentropy": (SEVERAL, OF_SEVERAL),
    "hinge": (SEVERAL, {"accuracy": OF_SEVERAL["accuracy"]}),
    "mse": (
        ROWS,
        {
            "squares": ("mse", np.mean((LOGITS - ROWS) ** 2)),
            "recall": ("recall", recall(LOGITS, ROWS)),
        },
    ),
}
TABLE = [(loss, form) for loss, (_, rows) in METRICS.items() for form in rows]


@pytest.mark.parametrize(("loss", "form"), TABLE)
def test_metrics_have_the_values_of_probabilities(loss, form):
    labels, rows = METRICS[loss]
    metric, expected = rows[form]
    metrics = figures_of(bare(loss, [metric]), labels)
    value = metrics[wanted_name(metric, metrics)]
    np.testing.assert_allclose(value, expected, atol=2e-3)


@pytest.mark.parametrize("name", ENTRANCES)
def test_so_they_have_for_every_network_and_search(name):
    network = entrance(name)
    for loss, form in (
        ("sparse_categorical_crossentropy", "recall_of_a_class"),
        ("categorical_crossentropy", "f1"),
        ("binary_crossentropy", "area"),
        ("mse", "squares"),
    ):
        labels, rows = METRICS[loss]
        metric, expected = rows[form]
        network.compile(loss=loss, metrics=[metric])
        metrics = figures_of(network, labels)
        value = metrics[wanted_name(metric, metrics)]
        np.testing.assert_allclose(value, expected, atol=2e-3)


def wanted_name(metric, result):
    if isinstance(metric, str):
        return metric
    ours = set(result) - {"loss", "arch_loss"}
    (name,) = ours
    return name


STRUCTURES = {
    "list": ["accuracy", "recall"],
    "tuple": ("accuracy", "recall"),
    "nested": [["accuracy", "recall"]],
    "dictionary": {"output": ["accuracy", "recall"]},
}


def given_as(weighted, form):
    argument = "weighted_metrics" if weighted else "metrics"
    # A search has metrics of its own where none are given.
    return {"metrics": [], argument: STRUCTURES[form]}


@pytest.mark.parametrize("form", STRUCTURES)
@pytest.mark.parametrize("weighted", [False, True])
def test_metrics_in_every_structure(weighted, form):
    metrics = given_as(weighted, form)
    assert_recall(bare("sparse_categorical_crossentropy", **metrics), weighted)


@pytest.mark.parametrize("name", ENTRANCES)
def test_metrics_in_structures_for_every_network_and_search(name):
    network = entrance(name)
    for weighted, form in ((True, "list"), (False, "dictionary")):
        metrics = given_as(weighted, form)
        network.compile(loss="sparse_categorical_crossentropy", **metrics)
        assert_recall(network, weighted)


def assert_recall(network, weighted):
    weights = np.array([1.0, 0.0, 2.0, 0.0], "float32")
    metrics = figures_of(network, NUMBERS, sample_weight=weights)
    kept = weights[:, None] if weighted else np.ones((4, 1))
    caught = (SOFTMAX > 0.5) * ROWS
    expected = (kept * caught).sum() / (kept * ROWS).sum()
    prefix = "weighted_" if weighted else ""
    name = "recall" if "recall" in metrics else f"{prefix}recall"
    np.testing.assert_allclose(metrics[name], expected, rtol=1e-5)


@pytest.mark.parametrize("name", ENTRANCES)
def test_what_a_metric_means_must_be_known(name):
    network = entrance(name)
    if name != "search":
        with pytest.raises(ValueError, match="`metrics`.*OnProbabilities"):
            network.compile(loss=own, metrics=[metrics.Recall()])
    for metric in (metrics.Accuracy(), metrics.MeanIoU(3)):
        with pytest.raises(ValueError, match=r"`metrics` must.*Give"):
            network.compile(
                loss="sparse_categorical_crossentropy", metrics=[metric]
            )
    inner = metrics.Recall(name="recall")
    wrapped = kd.training.OnProbabilities(inner, "softmax")
    network.compile(loss=own, metrics=[wrapped])
    figures = figures_of(network, ROWS)["recall"]
    np.testing.assert_allclose(figures, of_softmax(recall), rtol=1e-5)


def test_a_single_output_is_a_probability_by_its_logit():
    network = kd.networks.CifarNetwork(
        GENOTYPE, 1, 2, 3, auxiliary=False, input_shape=(8, 8, 1)
    )
    logits = np.array([[0.2], [-1.0], [-2.0], [0.4]], "float32")
    labels = np.array([1, 1, 0, 0])
    names = ["accuracy", "recall", "auc"]
    network.compile(loss="binary_crossentropy", metrics=names)
    metrics = figures_of(network, labels, logits)
    assert [float(metrics[name]) for name in names] == [0.5, 0.5, 0.5]
    chance = 1 / (1 + np.exp(-logits[:, 0]))
    right = np.where(labels == 1, chance, 1 - chance)
    np.testing.assert_allclose(
        loss_of(network, labels[:, None], logits),
        -np.log(right).mean(),
        rtol=1e-5,
    )


def test_a_language_model_takes_logits():
    model = kd.networks.RecurrentLanguageModel("rnn_darts_v2", 5, hidden_size=4)
    logits = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    ids = np.array([[0, 4, 2], [1, 1, 3]])
    exponentials = np.exp(logits)
    chances = exponentials / exponentials.sum(-1, keepdims=True)
    expected = -np.log(np.take_along_axis(chances, ids[..., None], -1)).mean()
    for loss in (
        "sparse_categorical_crossentropy",
        losses.sparse_categorical_crossentropy,
    ):
        model.compile(loss=loss, metrics=["accuracy", loss])
        np.testing.assert_allclose(
            loss_of(model, ids, logits), expected, rtol=1e-5
        )
        metrics = figures_of(model, ids, logits)
        name = "sparse_categorical_crossentropy"
        np.testing.assert_allclose(metrics[name], expected, rtol=1e-5)
        right = np.mean(logits.argmax(-1) == ids)
        np.testing.assert_allclose(metrics["accuracy"], right)
    with pytest.raises(ValueError, match="from_logits=True"):
        model.compile(loss=losses.SparseCategoricalCrossentropy())


def test_an_auxiliary_head_has_its_share_of_the_loss():
    network = kd.networks.CifarNetwork(
        GENOTYPE, 3, 2, 3, input_shape=(32, 32, 1), auxiliary_head_weight=0.5
    )
    network.compile(
        loss="sparse_categorical_crossentropy", metrics=["accuracy", "recall"]
    )
    pair = (tf.constant(LOGITS), tf.zeros((4, 3)))
    expected = CROSS_ENTROPY + 0.5 * np.log(3)
    np.testing.assert_allclose(
        loss_of(network, NUMBERS, pair), expected, rtol=1e-5
    )
    metrics = figures_of(network, NUMBERS, pair)
    np.testing.assert_allclose(metrics["recall"], of_softmax(recall), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "jit_compile"), [(small, False), (Linear, False), (Linear, True)]
)
def test_fit_and_evaluate_agree_with_numpy(make, jit_compile):
    network = make()
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype("float32")
    network.compile(
        "adam",
        "sparse_categorical_crossentropy",
        metrics=["accuracy", metrics.F1Score(), "auc", "recall"],
        jit_compile=jit_compile,
        run_eagerly=make is small,
    )
    network.fit(x, NUMBERS, epochs=2, verbose=0)
    logits = network.predict(x, verbose=0)
    figures = network.evaluate(x, NUMBERS, verbose=0, return_dict=True)
    exponentials = np.exp(logits)
    chances = exponentials / exponentials.sum(axis=1, keepdims=True)
    expected = -np.log(chances[np.arange(4), NUMBERS]).mean()
    np.testing.assert_allclose(figures["loss"], expected, rtol=1e-4)
    np.testing.assert_allclose(
        figures["f1_score"], macro_f1(chances, ROWS), atol=1e-5
    )
    np.testing.assert_allclose(figures["recall"], recall(chances, ROWS))


FORMS_TO_SAVE = {
    "names": ("sparse_categorical_crossentropy", ["accuracy", "recall"]),
    "objects": (losses.KLDivergence(), [metrics.AUC(), metrics.F1Score()]),
    "functions": (
        losses.binary_crossentropy,
        [losses.binary_crossentropy, losses.mean_squared_error],
    ),
    "by_shape": ("crossentropy", ["acc"]),
}


# Keras' way to NumPy arrays.
@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize("form", FORMS_TO_SAVE)
def test_a_compiled_network_comes_back(form, tmp_path):
    loss, metrics = FORMS_TO_SAVE[form]
    network = small()
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype("float32")
    network.compile("adam", loss, metrics=metrics)
    network.run_eagerly = True
    network.fit(x, ROWS if form != "names" else NUMBERS, verbose=0)
    labels = NUMBERS if form == "names" else ROWS
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    again.run_eagerly = True
    before = network.evaluate(x, labels, verbose=0, return_dict=True)
    after = again.evaluate(x, labels, verbose=0, return_dict=True)
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_allclose(after[name], value, rtol=1e-5)
    assert len(again.optimizer.variables) == len(network.optimizer.variables)
    again.fit(x, labels, verbose=0)


def test_metrics_of_probabilities_begin_again_and_come_from_configs():
    inner = metrics.Recall(class_id=1, name="recall")
    metric = kd.training.OnProbabilities(inner, "softmax")
    again = type(metric).from_config(metric.get_config())
    for each in (metric, again):
        each.update_state(NUMBERS, LOGITS)
    assert float(metric.result()) == float(again.result())
    assert again.name == "recall" == metric.name
    metric.reset_state()
    assert float(metric.result()) == 0
    with pytest.raises(ValueError, match="`activation`"):
        kd.training.OnProbabilities(metrics.Recall(), "relu")


def test_a_search_measures_probabilities_in_fit():
    space = kd.search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    )
    search = kd.DartsSearch(space)
    second = metrics.Recall(class_id=1, name="recall")
    search.compile(metrics=["accuracy", second, "auc"], run_eagerly=True)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 8, 8, 1)).astype("float32")
    y = np.arange(16) % 2
    options = {"batch_size": 4, "epochs": 1, "verbose": 0}
    search.fit(x, y, augmentation=None, **options)
    figures = search.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)
    logits = search.predict(x, verbose=0)
    chance = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
    np.testing.assert_allclose(figures["recall"], recall(chance, y), atol=1e-6)
    np.testing.assert_allclose(
        figures["accuracy"], np.mean((chance > 0.5) == y), atol=1e-6
    )


def test_a_summary_says_what_outputs_are(capsys):
    lines = []
    network = kd.networks.CifarNetwork(
        GENOTYPE, 3, 2, 3, input_shape=(32, 32, 1)
    )
    network.summary(print_fn=lambda line, **_: lines.append(line))
    text = "\n".join(lines)
    assert "3 logits" in text
    head = network.auxiliary_head.trainable_weights
    count = sum(int(np.prod(weight.shape)) for weight in head)
    assert f"auxiliary head has {count:,}" in text
    rows = [line for line in text.splitlines() if "ConvBN" in line]
    assert rows
    assert "(None, 32, 32, 6)" in rows[0]
    entrance("text").summary()
    assert "3 logits" in capsys.readouterr().out
