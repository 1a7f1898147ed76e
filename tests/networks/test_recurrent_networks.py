"""Recurrent networks equal their equations, whatever the segments."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import genotypes
from keras_darts.genotypes import RecurrentGenotype
from keras_darts.networks import DerivedRecurrentCell
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.networks import RecurrentState
from keras_darts.utils.private_api import seeded

# Keras reads its scalar variables in a way that NumPy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

WORDS, UNITS = 11, 6
NO_DROPOUT = {
    "output_dropout": 0.0,
    "hidden_dropout": 0.0,
    "cell_input_dropout": 0.0,
    "input_dropout": 0.0,
    "embedding_dropout": 0.0,
}
RATES = {
    "output_dropout": 0.5,
    "hidden_dropout": 0.4,
    "cell_input_dropout": 0.3,
    "input_dropout": 0.25,
    "embedding_dropout": 0.6,
}
MIXED = RecurrentGenotype(
    [("sigmoid", 0), ("none", 1), ("relu", 0), ("identity", 2)], (2, 4)
)
GENOTYPES = ["rnn_darts_v1", "rnn_darts_v2", "rnn_enas", MIXED]
QUIET = {"shuffle": False, "verbose": 0}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {
    "none": np.zeros_like,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "identity": lambda x: x,
}


def plain_cell(genotype, x, hidden, w0, ws, mask=1.0):
    """The next hidden state, as the paper writes it."""
    gate, new = np.split(np.concatenate([x, hidden * mask], -1) @ w0, 2, -1)
    states = [hidden + sigmoid(gate) * (np.tanh(new) - hidden)]
    for (name, source), w in zip(genotype.recurrent, ws, strict=True):
        state = states[source]
        gate, new = np.split((state * mask) @ w, 2, -1)
        new = ACTIVATIONS[name](new)
        states.append(state + sigmoid(gate) * (new - state))
    return np.mean([states[node] for node in genotype.concat], axis=0)


def make_model(genotype=MIXED, **settings):
    """In float64, with weights that are large enough to matter."""
    settings = {**NO_DROPOUT, "hidden_size": UNITS, **settings}
    with seeded(0):
        model = RecurrentLanguageModel(genotype, WORDS, **settings)
    generator = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(generator.normal(size=variable.shape) * 0.5)
    return model


def text(rows=3, length=12, seed=0):
    """(ids, next ids) of consecutive tokens."""
    ids = np.random.default_rng(seed).integers(0, WORDS, (rows, length + 1))
    return ids[:, :-1], ids[:, 1:]


def cut(ids, next_ids, *lengths):
    """A data set of the segments, of which no batch is the whole text."""
    ends = np.cumsum(lengths)
    signature = (tf.TensorSpec((None, None), "int64"),) * 2
    return tf.data.Dataset.from_generator(
        lambda: (
            (ids[:, end - n : end], next_ids[:, end - n : end])
            for n, end in zip(lengths, ends, strict=True)
        ),
        output_signature=signature,
    ).apply(tf.data.experimental.assert_cardinality(len(lengths)))


@pytest.fixture
def double(policy):
    floatx = keras.config.floatx()
    keras.config.set_floatx("float64")
    policy("float64")
    yield
    keras.config.set_floatx(floatx)


def compiled(model, rate=0.0, **options):
    model.compile(
        keras.optimizers.SGD(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        **options,
    )
    return model


def cross_entropy(logits, targets):
    shifted = logits - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return -np.take_along_axis(logs, targets[..., None], -1).mean()


# The cell


@pytest.mark.parametrize("genotype", GENOTYPES, ids=str)
def test_a_derived_cell_equals_its_equations(genotype, double):
    cell = DerivedRecurrentCell(genotype, 5)
    cell.build((None, 4))
    generator = np.random.default_rng(0)
    for variable in cell.trainable_variables:
        variable.assign(generator.normal(size=variable.shape))
    x, hidden = generator.normal(size=(3, 4)), generator.normal(size=(3, 5))
    outputs, (state,) = cell(x, [hidden])
    plain = plain_cell(
        cell.genotype, x, hidden, cell.w0.numpy(), cell.ws.numpy()
    )
    np.testing.assert_allclose(outputs, plain, rtol=1e-9)
    np.testing.assert_array_equal(outputs, state)


def test_all_weights_start_within_the_published_range():
    model = RecurrentLanguageModel("rnn_darts_v2", 500, hidden_size=40)
    for variable in model.trainable_variables:
        values = variable.numpy()
        if values.ndim == 1:
            assert not values.any()
        else:
            assert 0.039 < np.abs(values).max() <= 0.04
            assert abs(values.std() - 0.04 / 3**0.5) < 1e-3


def test_the_same_genotype_is_understood_in_every_form():
    genotype = genotypes.get("rnn_darts_v2")
    for form in ("rnn_darts_v2", genotype, genotype.to_text()):
        assert DerivedRecurrentCell(form, 4).genotype == genotype


@pytest.mark.parametrize("wrong", ["darts_v2", 3])
def test_a_genotype_of_another_kind_is_refused(wrong):
    with pytest.raises(TypeError, match="must be a `RecurrentGenotype`"):
        DerivedRecurrentCell(wrong, 4)


def test_an_activation_that_nobody_knows_is_refused():
    genotype = RecurrentGenotype([("tanhh", 0)], (1,))
    with pytest.raises(ValueError, match="Did you mean tanh"):
        DerivedRecurrentCell(genotype, 4)


def test_a_cell_inside_a_keras_layer_equals_the_models_own_loop(double):
    model = make_model("rnn_enas")
    ids, _ = text()
    hidden = model.body(ids, model.initial_state(3)).hidden
    layer = keras.layers.RNN(
        model.body.recurrence.cell, return_sequences=True, return_state=True
    )
    embedded = model.body.embedding.embeddings.numpy()[ids]
    outputs, state = layer(embedded)
    np.testing.assert_allclose(outputs, hidden, rtol=1e-12)
    np.testing.assert_allclose(state, hidden[:, -1], rtol=1e-12)


def test_a_saved_keras_layer_with_a_cell_comes_back(tmp_path):
    inputs = keras.Input((None, 3))
    layer = keras.layers.RNN(DerivedRecurrentCell(MIXED, 4))
    model = keras.Model(inputs, layer(inputs))
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded(x), model(x))


# The language model


@pytest.mark.parametrize(
    ("sizes", "count"),
    [({}, 22_960_000), ({"words": 33278, "units": 700}, 33_127_878)],
)
def test_the_published_numbers_of_weights(sizes, count):
    words, units = sizes.get("words", 10000), sizes.get("units", 850)
    model = RecurrentLanguageModel(
        "rnn_darts_v2", words, hidden_size=units, name="counted"
    )
    assert model.count_params() - _random_states(model) == count
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == count
    if not sizes:
        assert RecurrentLanguageModel("rnn_darts_v2").embedding_size == 850


def _random_states(model):
    return sum(
        int(np.prod(v.shape))
        for v in model.non_trainable_weights
        if "seed" in v.path
    )


def masks_of(body, rows):
    """Those of the coming training pass, by the name of the dropout."""
    layers = {
        "output_dropout": body.output_dropout,
        "hidden_dropout": body.recurrence.hidden_dropout,
        "cell_input_dropout": body.recurrence.input_dropout,
        "input_dropout": body.input_dropout,
    }
    generators = [layer.seed_generator for layer in layers.values()]
    before = [generator.state.numpy() for generator in generators]
    states = np.zeros((1, rows, UNITS))
    masks = {
        name: layer.mask(keras.ops.convert_to_tensor(states), True)
        for name, layer in layers.items()
    }
    for generator, value in zip(generators, before, strict=True):
        generator.state.assign(value)
    return {
        name: np.ones((rows, UNITS)) if mask is None else mask.numpy()
        for name, mask in masks.items()
    }


def embedding_mask_of(body):
    """Of the coming pass, for each word of the vocabulary."""
    layer = body.embedding
    before = layer.seed_generator.state.numpy()
    embedded = layer(np.arange(WORDS)[:, None], training=True).numpy()[:, 0]
    layer.seed_generator.state.assign(before)
    return (embedded / layer.embeddings.numpy())[:, 0]


@pytest.mark.parametrize(
    "rates",
    [{}, RATES, *({name: rate} for name, rate in RATES.items())],
    ids=lambda rates: "-".join(rates) or "none",
)
def test_a_training_pass_has_one_mask_a_sequence_or_word(rates, double):
    model = make_model(**rates)
    ids, _ = text()
    masks, words = masks_of(model.body, len(ids)), embedding_mask_of(model.body)
    generator = np.random.default_rng(1)
    hidden = first = generator.normal(size=(len(ids), UNITS))
    cell, embedding = model.body.recurrence.cell, model.body.embedding
    table, bias = embedding.embeddings.numpy(), embedding.bias.numpy()
    expected = []
    for column in ids.T:
        x = table[column] * words[column][:, None] * masks["input_dropout"]
        hidden = plain_cell(
            cell.genotype,
            x * masks["cell_input_dropout"],
            hidden,
            cell.w0.numpy(),
            cell.ws.numpy(),
            masks["hidden_dropout"],
        )
        expected.append(hidden)
    expected = np.stack(expected, axis=1)
    dropped = expected * masks["output_dropout"][:, None]
    outputs = model.body(ids, first, training=True)
    np.testing.assert_allclose(outputs.hidden, expected, rtol=1e-8)
    np.testing.assert_allclose(outputs.state, hidden, rtol=1e-8)
    np.testing.assert_allclose(outputs.dropped, dropped, rtol=1e-8)
    np.testing.assert_allclose(
        outputs.logits, dropped @ table.T + bias, rtol=1e-8
    )


@pytest.mark.parametrize("name", RATES)
def test_masks_drop_at_their_rate_and_differ(name, double):
    model = make_model(**RATES)

    def draw():
        if name == "embedding_dropout":
            return embedding_mask_of(model.body)[None]
        return masks_of(model.body, rows=40)[name]

    mask = draw()
    kept = 1 / (1 - RATES[name])
    assert np.isclose(np.unique(mask), [0.0, kept], atol=1e-6).all()
    np.testing.assert_array_equal(draw(), mask)
    model(text()[0], training=True)
    assert np.any(draw() != mask)
    if name != "embedding_dropout":
        assert abs((mask == 0).mean() - RATES[name]) < 0.15
        assert np.any(mask[0] != mask[1])


def test_nothing_is_dropped_in_inference(double):
    ids, _ = text()
    with_rates, without = make_model(**RATES), make_model()
    np.testing.assert_array_equal(with_rates(ids), without(ids))
    np.testing.assert_allclose(
        without(ids, training=True), without(ids), rtol=1e-12
    )


def test_a_state_is_given_and_returned(double):
    model = make_model()
    ids, _ = text()
    whole = model(ids)
    assert whole.shape == (3, 12, WORDS)
    logits, state = model(ids[:, :5], model.initial_state(3))
    np.testing.assert_allclose(logits, whole[:, :5], rtol=1e-12)
    for more, last in (
        model((ids[:, 5:], state)),
        model(ids[:, 5:], state),
        model([ids[:, 5:], state]),
    ):
        np.testing.assert_allclose(more, whole[:, 5:], rtol=1e-12)
        assert last.shape == (3, UNITS)


def test_the_penalties_are_those_of_the_paper(double):
    ids, targets = text()
    model = make_model(
        activation_regularization=2.0,
        temporal_activation_regularization=3.0,
        output_dropout=0.5,
    )
    outputs = model.body(ids, model.initial_state(3), training=True)
    hidden, dropped = outputs.hidden.numpy(), outputs.dropped.numpy()
    changes = np.diff(hidden, axis=1)
    np.testing.assert_allclose(
        model.body.penalty(outputs),
        2 * (dropped**2).mean() + 3 * (changes**2).mean(),
        rtol=1e-12,
    )
    one = model.body(ids[:, :1], model.initial_state(3), training=True)
    np.testing.assert_allclose(
        model.body.penalty(one), 2 * (one.dropped.numpy() ** 2).mean()
    )


def moved_by_fit(model, ids, targets, rate=1.0, **options):
    """What one training step on a segment does, and its logs."""
    before = [v.numpy() for v in model.trainable_variables]
    compiled(model, rate, **options)
    logs = model.train_on_batch(ids, targets, return_dict=True)
    after = [v.numpy() for v in model.trainable_variables]
    return [b - a for a, b in zip(before, after, strict=True)], logs


@pytest.mark.parametrize("eager", [True, False])
def test_a_step_is_scaled_by_length_and_has_the_penalties(eager, double):
    ids, targets = text(length=7)
    penalties = {
        "activation_regularization": 2.0,
        "temporal_activation_regularization": 3.0,
    }
    model = make_model(**penalties)
    with tf.GradientTape() as tape:
        outputs = model.body(ids, model.initial_state(3), training=True)
        loss = keras.ops.mean(
            keras.losses.sparse_categorical_crossentropy(
                targets, outputs.logits, from_logits=True
            )
        )
        total = loss + model.body.penalty(outputs)
    weights = [v.value for v in model.trainable_variables]
    gradients = tape.gradient(total, weights)
    moved, logs = moved_by_fit(model, ids, targets, 0.5, run_eagerly=eager)
    for move, gradient in zip(moved, gradients, strict=True):
        expected = -0.5 * 7 / 35 * tf.convert_to_tensor(gradient)
        np.testing.assert_allclose(move, expected, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(logs["loss"], loss, rtol=1e-6)
    assert model.optimizer.learning_rate == 0.5


def test_a_policy_of_double_precision_alone_suffices(policy):
    policy("float64")
    moved, logs = moved_by_fit(make_model(), *text(), run_eagerly=True)
    assert np.isfinite(logs["loss"])
    assert all(np.any(move) for move in moved)


def test_a_step_is_scaled_in_half_precision_too(policy):
    ids, targets = text(length=7)
    moved = {}
    for name in ("float32", "mixed_float16"):
        policy(name)
        moved[name], logs = moved_by_fit(
            make_model(), ids, targets, run_eagerly=True
        )
        assert np.isfinite(logs["loss"])
    for half, full in zip(
        moved["mixed_float16"], moved["float32"], strict=True
    ):
        size = np.abs(full).max()
        np.testing.assert_allclose(half, full, atol=0.05 * size)


# Carried state


@pytest.mark.parametrize("lengths", [(12,), (5, 7), (1, 4, 1, 6)])
def test_segments_give_the_loss_of_the_whole_text(lengths, double):
    ids, targets = text()
    model = compiled(make_model(temporal_activation_regularization=0.5))
    expected = cross_entropy(model(ids).numpy(), targets)
    segments = cut(ids, targets, *lengths)
    course = model.fit(segments, epochs=2, validation_data=segments, **QUIET)
    for values in course.history.values():
        np.testing.assert_allclose(values, [expected] * 2, rtol=1e-6)
    for _ in range(2):
        metrics = model.evaluate(segments, verbose=0)
        np.testing.assert_allclose(metrics, expected, rtol=1e-6)


def test_evaluation_takes_batches_of_another_size(double):
    model = compiled(make_model())
    model.fit(cut(*text(rows=4), 6, 6), **QUIET)
    for rows in (1, 7):
        ids, targets = text(rows, seed=rows)
        metrics = model.evaluate(cut(ids, targets, 5, 7), verbose=0)
        expected = cross_entropy(model(ids).numpy(), targets)
        np.testing.assert_allclose(metrics, expected, rtol=1e-6)


def test_a_carried_state_keeps_rows_and_no_gradient():
    state = RecurrentState(2)
    with tf.GradientTape() as tape:
        x = tf.ones((3, 2))
        tape.watch(x)
        state.assign(x)
        read = state.read(3)
    assert tape.gradient(read, x) is None
    assert state.read(1).numpy().tolist() == [[1, 1]]
    assert state.read(4).numpy().sum() == 6
    state.reset()
    assert not state.read(3).numpy().any()


def test_a_segment_of_one_token_has_no_changes_to_penalise(double):
    model = compiled(make_model(temporal_activation_regularization=1.0), 0.1)
    logs = model.train_on_batch(*text(length=1), return_dict=True)
    assert np.isfinite(logs["loss"])
    assert all(np.isfinite(v.numpy()).all() for v in model.trainable_variables)


def test_keras_never_chooses_xla(double):
    model = make_model()
    with pytest.warns(UserWarning, match="support `jit_compile=True`"):
        compiled(model, jit_compile=True)
    assert not model.jit_compile
    model.train_on_batch(*text())


def test_one_trace_serves_segments_of_any_length():
    traces = []

    class Counting(RecurrentLanguageModel):
        def train_step(self, data):
            traces.append("train")
            return super().train_step(data)

        def test_step(self, data):
            traces.append("test")
            return super().test_step(data)

    model = compiled(Counting(MIXED, WORDS, hidden_size=UNITS))
    segments = cut(*text(length=52), 5, 12, 35)
    # Keras traces a step twice: it looks for what it has to build first.
    model.fit(segments.take(1), **QUIET)
    model.evaluate(segments.take(1), verbose=0)
    first = list(traces)
    model.fit(segments, **QUIET)
    model.evaluate(segments, verbose=0)
    assert traces[len(first) :].count("train") <= 1
    assert len(traces) - len(first) <= 2


def test_one_graph_gives_what_is_computed_eagerly(double):
    model, traces = make_model(), []

    @tf.function(input_signature=[tf.TensorSpec((None, None), "int64")])
    def graph(ids):
        traces.append(ids)
        return model(ids)

    for length in (5, 12, 35):
        ids, _ = text(length=length)
        np.testing.assert_allclose(graph(ids), model(ids), rtol=1e-10)
    assert len(traces) == 1


# What Keras promises


SETTINGS = {
    **RATES,
    "hidden_size": UNITS,
    "activation_regularization": 0.1,
    "temporal_activation_regularization": 0.2,
    "segment_length": 20,
}


def test_the_model_comes_back_from_its_file(tmp_path):
    model = RecurrentLanguageModel(MIXED, WORDS, name="kept", **SETTINGS)
    ids, _ = text()
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert type(loaded) is RecurrentLanguageModel
    assert loaded.get_config() == model.get_config()
    assert {k: loaded.get_config()[k] for k in SETTINGS} == SETTINGS
    np.testing.assert_array_equal(loaded(ids), model(ids))


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_trains_and_gives_logits_in_full(dtype, policy):
    policy(dtype)
    model = make_model(**RATES)
    ids, targets = text()
    assert model(ids).dtype == "float32"
    compiled(model, 0.1)
    course = model.fit(cut(ids, targets, 5, 7), **QUIET)
    assert np.isfinite(course.history["loss"]).all()
    for variable in model.trainable_variables:
        assert np.isfinite(variable.numpy()).all()
    assert model.evaluate(cut(ids, targets, 5, 7), verbose=0) > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"embedding_size": 5, "hidden_size": 6}, "must be equal"),
        ({"hidden_size": 0}, "`hidden_size` must be"),
        ({"vocabulary_size": 2.5}, "`vocabulary_size`"),
        ({"segment_length": 0}, "`segment_length`"),
        ({"output_dropout": 1.0}, "`output_dropout`"),
        ({"embedding_dropout": -0.1}, "`embedding_dropout`"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RecurrentLanguageModel(MIXED, **settings)


def test_embedding_and_hidden_size_say_each_other():
    model = RecurrentLanguageModel(MIXED, WORDS, embedding_size=4)
    assert (model.embedding_size, model.hidden_size) == (4, 4)


def test_arrays_of_rows_are_refused():
    model = make_model()
    model.compile("sgd", "mse")
    for method in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match="consecutive segments"):
            method(*text())


def test_the_precision_of_the_model_is_that_of_its_parts():
    model = RecurrentLanguageModel(
        MIXED, WORDS, hidden_size=UNITS, dtype="mixed_bfloat16"
    )
    layers = [model.body, model.body.embedding, model.body.recurrence]
    for layer in [*layers, model.body.recurrence.cell]:
        assert layer.compute_dtype == "bfloat16"
