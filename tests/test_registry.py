"""From names, configs and objects to pieces."""

import dataclasses

import pytest

from keras_darts.utils.registry import Registry
from keras_darts.utils.registry import fields


class Step:
    """What all of them derive from."""


@dataclasses.dataclass(frozen=True)
class Scale(Step):
    factor: float = 1.0

    def get_config(self):
        return fields(self)


class Offset(Step):
    """With Keras' way back from a config."""

    def __init__(self, by=0):
        self.by = by

    def get_config(self):
        return {"by": self.by}

    @classmethod
    def from_config(cls, config):
        return cls(by=config.pop("by"))


@pytest.fixture
def registry():
    registry = Registry("step", base=Step)
    registry.register("scale")(Scale)
    registry.register("offset")(Offset)
    return registry


def test_names_are_sorted_and_known(registry):
    assert registry.names() == ["offset", "scale"]
    assert "scale" in registry
    assert registry["scale"] is Scale


def test_registering_gives_the_entry_back():
    assert Registry("step").register("scale")(Scale) is Scale


def test_a_name_gives_a_new_piece_with_its_defaults(registry):
    assert registry.get("scale") == Scale(1.0)
    assert registry.get("offset") is not registry.get("offset")


@pytest.mark.parametrize("piece", [Scale(2.0), Offset(3)])
def test_a_piece_is_taken_as_it_is(registry, piece):
    assert registry.get(piece) is piece


@pytest.mark.parametrize("piece", [Scale(2.0), Offset(3)])
def test_a_config_gives_an_equal_piece_and_stays_as_it_was(registry, piece):
    config = registry.serialize(piece)
    before = {**config, "config": dict(config["config"])}
    for copy in (registry.get(config), registry.clone(piece)):
        assert copy is not piece
        assert registry.serialize(copy) == before
    assert config == before


def test_a_config_may_leave_the_arguments_out(registry):
    assert registry.get({"name": "scale"}) == Scale()


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("scal", ValueError, "`step` must be one of offset, scale. Did you me"),
        ("", ValueError, "`step` must be one of offset, scale. Received"),
        (None, TypeError, "`step` must be a name, a config or an object"),
        (3, TypeError, "Received: step=3 of type int"),
        (Scale, TypeError, "of type type"),
        (len, TypeError, "`step` must be a name"),
        ({"config": {}}, ValueError, "must have the keys 'name' and 'config'"),
        ({"name": "scale", "args": 1}, ValueError, "must have the keys"),
        ({"name": "scal"}, ValueError, "Did you mean scale"),
        ({"name": ["scale"]}, ValueError, "`step` must be one of"),
    ],
)
def test_anything_else_is_refused(registry, identifier, error, message):
    with pytest.raises(error, match=message):
        registry.get(identifier)


def test_without_a_base_only_names_and_configs_count():
    registry = Registry("step")
    registry.register("scale")(Scale)
    with pytest.raises(TypeError, match="`step` must be"):
        registry.get(Scale())


def test_what_an_entry_gives_must_be_a_piece_too(registry):
    registry.register("number")(lambda: 3)
    for identifier in ("number", {"name": "number"}):
        with pytest.raises(TypeError, match="of a subclass of Step. Received"):
            registry.get(identifier)


def test_the_fields_of_no_dataclass_are_not_guessed():
    assert fields(Step()) == {}
    with pytest.raises(NotImplementedError, match="Offset must have a `get_c"):
        fields(Offset(2))


def test_a_piece_of_an_unregistered_class_has_no_config(registry):
    class Other(Offset):
        pass

    with pytest.raises(ValueError, match="`step` is of a class that is not"):
        registry.serialize(Other())
