"""Short seeded searches, small networks and exports, by their names.

Only public names are used, so that what is recorded of them outlives any move
of the sources.
"""

import dataclasses
import functools
import pathlib
import tempfile

import keras
import numpy as np

import keras_darts as kd

SEED, CLASSES, WORDS, BATCH = 3, 4, 12, 8
QUIET = {"batch_size": BATCH, "verbose": 0}
GENOTYPE = kd.Genotype.from_text(
    "Genotype(normal=[('sep_conv_3x3', 0), ('dil_conv_5x5', 1)], "
    "normal_concat=[2], "
    "reduce=[('max_pool_3x3', 0), ('avg_pool_3x3', 1)], reduce_concat=[2])"
)
SENTENCE_GENOTYPE = kd.Genotype.from_text(
    "Genotype(normal=[('conv_1d_3', 0), ('self_attention', 1)], "
    "normal_concat=[2], "
    "reduce=[('max_pool_1d_3', 0), ('dil_conv_1d_3', 1)], reduce_concat=[2])"
)
STAGES = (
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|"
    "+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|"
)

SCALED = {"mean": [120.0] * 3, "variance": [5000.0] * 3}
FAMILIES = {
    "cifar": (
        kd.networks.CifarNetwork,
        (GENOTYPE, CLASSES, 4, 3),
        {**SCALED, "auxiliary": False, "input_shape": (8, 8, 3)},
    ),
    "imagenet": (
        kd.networks.ImageNetNetwork,
        (GENOTYPE, CLASSES, 4, 3),
        {**SCALED, "auxiliary": False, "input_shape": (32, 32, 3)},
    ),
    "nas_bench_201": (
        kd.networks.NasBench201Network,
        (STAGES, CLASSES, 4, 1),
        {**SCALED, "input_shape": (8, 8, 3)},
    ),
    "text": (
        kd.networks.TextNetwork,
        (SENTENCE_GENOTYPE, CLASSES, WORDS, 6, 4, 3),
        {"sequence_length": 12},
    ),
    "recurrent": (
        kd.networks.RecurrentLanguageModel,
        ("rnn_darts_v2", WORDS, 6, 6),
        {},
    ),
}
# What the name of a file ends in.
FORMATS = {
    "saved_model": "",
    "litert": ".tflite",
    "onnx": ".onnx",
    "keras": ".keras",
    "safetensors": ".safetensors",
}
NEEDS = {
    "export_litert": ("ai_edge_litert",),
    "export_onnx": ("onnxruntime", "tf2onnx"),
    "export_safetensors": ("safetensors",),
}


def images(count=32, side=8):
    shape = (count, side, side, 3)
    return np.random.default_rng(SEED).integers(0, 256, shape).astype("uint8")


def labels(count=32):
    return np.arange(count) % CLASSES


def ids(*shape):
    return np.random.default_rng(SEED).integers(1, WORDS, shape)


def searched(space, strategy, *data, eager=True, **options):
    """Alphas, genotype and losses of a search of two steps an epoch."""
    keras.utils.set_random_seed(SEED)
    search = kd.DartsSearch(space, strategy, seed=SEED)
    search.compile(run_eagerly=eager)
    options = {"epochs": 2, **QUIET, **options}
    losses = search.fit(*data, **options).history
    values = {v.name: v.numpy() for v in search.arch_variables}
    # Sorted: the order of the variables is no result.
    norms = [np.linalg.norm(v.numpy()) for v in search.weight_variables]
    values["weight_norms"] = np.sort(np.array(norms, "float32"))
    for name in ("loss", "val_loss", "arch_loss", "alpha_entropy"):
        values[name] = np.array(losses[name], "float64")
    return {**values, "genotype": search.genotype().to_text()}


def image_search(strategy, eager=True, **options):
    names = ("none", "skip_connect", "dil_conv_3x3", "max_pool_3x3")
    space = kd.search_spaces.darts_cnn(4, 3, num_nodes=1, primitives=names)
    data = images(), labels()
    return searched(space, strategy, *data, eager=eager, **options)


def exact_search():
    architect = kd.architects.Unrolled(hessian="exact")
    return image_search(kd.SearchStrategy(architect=architect))


def progressive_search():
    strategy, shapes = kd.strategies.get("p_darts"), ((4, 1), (3, 1.3), (2, 1))
    stages = [
        dataclasses.replace(
            stage, num_candidates=candidates, depth_multiplier=depth
        )
        for stage, (candidates, depth) in zip(
            strategy.stages, shapes, strict=True
        )
    ]
    strategy = dataclasses.replace(strategy, stages=stages)
    return image_search(strategy, epochs=3)


def resumed_search():
    with tempfile.TemporaryDirectory() as folder:
        image_search("darts", epochs=2, output_dir=folder)
        values = image_search("darts", epochs=3, resume_from=folder)
        with np.load(pathlib.Path(folder) / "alphas.npz") as run:
            return {**values, **{f"run_{name}": run[name] for name in run}}


def recurrent_search():
    space = kd.search_spaces.darts_rnn(3, hidden_size=6)
    options = {"steps_per_epoch": 2, "eager": False}
    return searched(space, "darts", ids(1600), **options)


def sentence_search():
    primitives = ("none", "skip_connect", "conv_1d_3", "self_attention")
    space = kd.search_spaces.text_cnn(
        4, 3, num_nodes=1, primitives=primitives, embedding_size=6
    )
    return searched(space, "darts", ids(32, 12), labels())


def nas_bench_201_search():
    space = kd.search_spaces.nas_bench_201(4, 1)
    return searched(space, "darts", images(), labels())


def small_network(family):
    """A network whose weights, statistics too, are no first values."""
    keras.utils.set_random_seed(SEED)
    make, arguments, options = FAMILIES[family]
    network = make(*arguments, **options)
    network(inputs_for(family))
    generator = np.random.default_rng(SEED)
    for variable in network.variables:
        if variable.dtype == "float32" and variable.shape:
            factor = generator.uniform(0.7, 1.3, variable.shape)
            change = generator.uniform(0.0, 0.1, variable.shape)
            variable.assign(factor * variable.numpy() + change)
    return network


def inputs_for(family):
    if family in ("text", "recurrent"):
        return ids(3, 12 if family == "text" else 5)
    return images(4, 32 if family == "imagenet" else 8)


def logits(family):
    return answers(small_network(family), inputs_for(family))


def answers(network, inputs):
    outputs = network(inputs, training=False)
    return {"logits": keras.ops.convert_to_numpy(outputs)}


def exported(form):
    """What a file of one format answers, loaded in its own runtime."""
    network, inputs = small_network("cifar"), inputs_for("cifar")
    write_file = getattr(kd.export, form)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"net{FORMATS[form]}"
        path = write_file(network, path, samples=inputs, verbose=0)
        if form == "keras":
            return answers(keras.models.load_model(path), inputs)
        if form == "safetensors":
            network = type(network).from_config(network.get_config())
            kd.export.load_weights(network, path)
            return answers(network, inputs)
        return dict(kd.export.load(path)(inputs))


ITEMS = {
    "search_first_order": lambda: image_search("darts"),
    "search_first_order_traced": lambda: image_search("darts", eager=False),
    "search_second_order": lambda: image_search("darts_second_order"),
    "search_second_order_traced": lambda: image_search(
        "darts_second_order", eager=False
    ),
    "search_exact": exact_search,
    "search_pc_darts": lambda: image_search("pc_darts"),
    "search_gdas": lambda: image_search("gdas"),
    "search_p_darts": progressive_search,
    "search_resumed": resumed_search,
    "search_recurrent": recurrent_search,
    "search_text": sentence_search,
    "search_nas_bench_201": nas_bench_201_search,
    **{f"logits_{f}": functools.partial(logits, f) for f in FAMILIES},
    **{f"export_{f}": functools.partial(exported, f) for f in FORMATS},
}
