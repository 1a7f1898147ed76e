"""Cost tables of a search space, measured on this machine."""

from keras_darts import search_spaces
from keras_darts.analysis import count_macs
from keras_darts.analysis import count_parameters
from keras_darts.errors import positive_integer
from keras_darts.errors import unknown_name
from keras_darts.export.latencies import Latencies
from keras_darts.export.latencies import primitive
from keras_darts.networks import network_for
from keras_darts.primitives import Identity
from keras_darts.search_spaces import CostTable
from keras_darts.search_spaces import PlacedCell
from keras_darts.search_spaces.cost_table import MEASURES
from keras_darts.search_spaces.cost_table import key
from keras_darts.search_spaces.cost_table import places
from keras_darts.seeding import seeded


def profile(
    search_space,
    measure="latency",
    *,
    filters=36,
    num_cells=20,
    input_shape=(32, 32, 3),
    num_classes=10,
    num_threads=1,
    num_networks=8,
    rounds=9,
    seed=0,
    progress=None,
):
    """Measures what each primitive costs at each place in a network.

    For `"latency"`, each primitive is written as a LiteRT file of its own for
    one input of each shape that occurs, and so are some networks: the two that
    the primitives' times say to be fastest and slowest, and random ones. All
    of them run in turn, again and again, and of each the lowest median counts,
    so that other work on the machine disturbs little. A line through the
    networks' times gives the part that all of them share, and the factor by
    which primitives take longer or shorter within a network.

    Args:
        search_space: Name, `SearchSpace` of images or `NasBench201Space`.
        measure: `"latency"`, `"parameters"` or `"macs"`. Defaults to
            `"latency"`.
        filters: Integer, of the derived network. Defaults to `36`.
        num_cells: Integer, of the derived network, or of each of its stages.
            Defaults to `20`.
        input_shape: Tuple, height, width and channels. Defaults to
            `(32, 32, 3)`.
        num_classes: Integer. Defaults to `10`.
        num_threads: Integer, those of the runtime; for latency alone, as the
            next two. Defaults to `1`.
        num_networks: Integer > 2, the networks measured. Defaults to `8`.
        rounds: Integer, how often everything is measured. Defaults to `9`.
        seed: Integer, decides the random networks. Defaults to `0`.
        progress: Function of the steps that are done and the number that there
            will be. Defaults to `None`.

    Returns:
        A `kd.CostTable`.

    Raises:
        ValueError: for a space whose candidates cost the same or whose
            networks take no images, and for numbers that make no sense.
        ImportError: for latency without the package that measures it.

    Example:

    >>> names = ("skip_connect", "max_pool_3x3")
    >>> space = kd.search_spaces.darts_cnn(num_nodes=1, primitives=names)
    >>> sizes = {"filters": 4, "num_cells": 2, "input_shape": (8, 8, 1)}
    >>> table = profile(space, "macs", **sizes)
    >>> round(table.predict(space.random_genotype(0)))
    24480
    """
    space = _of_images(search_spaces.get(search_space))
    if measure not in MEASURES:
        raise unknown_name("measure", measure, MEASURES)
    sizes = {"filters": filters, "num_cells": num_cells}
    numbers = {**sizes, "num_threads": num_threads, "rounds": rounds}
    for name, number in numbers.items():
        positive_integer(name, number)
    if positive_integer("num_networks", num_networks) < 3:
        raise ValueError(
            "`num_networks` must be 3 or more. Received: "
            f"num_networks={num_networks}"
        )

    def network(genotype):
        return network_for(
            genotype, num_classes, tuple(input_shape), auxiliary=False, **sizes
        )

    with seeded(seed):
        cells = placed_cells(network(space.random_genotype(seed)))
        if measure == "latency":
            measured = Latencies(space, cells, network, num_threads, progress)
            return measured.table(num_networks, rounds, seed)
        return _counted(space, cells, network, measure, seed)


def placed_cells(network):
    """The `PlacedCell`s of a derived network of images."""
    sides = network.input_shape[1:3]
    if hasattr(network, "blocks"):
        return _of_stages(network, sides)
    for layer in network.stem:
        sides = tuple(side // layer.stride for side in sides)
    cells = []
    for cell in network.cells:
        kind = "reduce" if cell.reduction else "normal"
        cells.append(PlacedCell(kind, cell.filters, sides))
        if cell.reduction:
            sides = tuple(side // 2 for side in sides)
    return tuple(cells)


def _of_stages(network, sides):
    """Three stages of equal cells, each on half the sides of the last."""
    return tuple(
        PlacedCell(
            "cell",
            network.filters * 2**stage,
            tuple(side // 2**stage for side in sides),
        )
        for stage in range(3)
        for _ in range(network.num_cells)
    )


def _counted(space, cells, network, measure, seed):
    """The table of what is counted and adds up."""
    count = {"parameters": count_parameters, "macs": _macs}[measure]

    def cost(place):
        model = primitive(*place)
        return 0 if isinstance(model, Identity) else count(model)

    costs = {key(*place): cost(place) for place in places(space, cells)}
    draft = CostTable(measure=measure, cells=cells, costs=costs)
    genotype = space.random_genotype(seed)
    rest = count(network(genotype)) - draft.predict(genotype)
    return CostTable(measure=measure, cells=cells, costs=costs, fixed=rest)


def _macs(model):
    return count_macs(model, model.input_shape[1:])


def _of_images(space):
    if getattr(space, "modality", None) != "image":
        raise ValueError(
            "`search_space` must be one for images: the candidates of a "
            "recurrent cell cost the same, and what cells along time cost "
            "hangs on the length of each text. Received: a search space of "
            f"{space.modality}"
        )
    return space
