"""The text of a `Genotype`, as data: what is read and what is refused."""

import pytest

from keras_darts.genotypes import Genotype

TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], "
    "normal_concat=range(2, 3), reduce=[('sep_conv_3x3', 0), "
    "('skip_connect', 1)], reduce_concat=range(2, 3))"
)


def test_text_is_read_in_every_way_forks_write_it():
    text = """
    # 3.3M
    MINE = Genotype(normal=(['a', 0], ("b", 1)), normal_concat=range(2, 3),
             reduce_concat=(2,), reduce = [('sep_conv_3x3', 0,),
             ('skip_connect', 1)])
    """
    read = Genotype.from_text(text)
    assert read.normal == (("a", 0), ("b", 1))
    assert read.normal_concat == read.reduce_concat == (2,)
    assert read.reduce == (("sep_conv_3x3", 0), ("skip_connect", 1))


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("", "0 statements"),
        ("Genotype(normal=", "never closed"),
        (f"{TEXT}; {TEXT}", "2 statements"),
        ("darts_v2", "'darts_v2'"),
        (TEXT.replace("Genotype", "dict"), 'Received: "dict'),
        (f"a = b = {TEXT}", "a = b = "),
        (f"a[0] = {TEXT}", r"a\[0\] = "),
        (f"import os\n{TEXT}", "2 statements"),
        ("import os", "'import os'"),
        (TEXT.replace("normal=", ""), "without a name"),
        (TEXT.replace("normal=", "reduce="), "reduce=.* in the call"),
        (TEXT.replace("normal=", "**"), r"Received: [\"']\*\*"),
        (TEXT.replace("range(2, 3)", "len('abc')"), "len"),
        (TEXT.replace("range(2, 3)", "[*(2, 3)]"), r"Received: '\*\(2, 3\)'"),
        (TEXT.replace("range(2, 3)", "range('2')"), "Received: \"'2'\""),
        (TEXT.replace("range(2, 3)", "range(2, 3, 0)"), "must not be zero"),
        (TEXT.replace("range(2, 3)", "range(1 + 1)"), "'1 \\+ 1'"),
        (TEXT.replace("('skip_connect', 1)", "('a', 0.5)"), "'0.5'"),
        (TEXT.replace("('skip_connect', 1)", "('a', [0])"), r"'\[0\]'"),
        (TEXT.replace("('skip_connect', 1)", "('a', -1)"), "input -1"),
        (TEXT.replace("('skip_connect', 1)", "('a', -x)"), "Received: 'x'"),
        (TEXT.replace("range(2, 3)", "2"), "`normal_concat` must be a list"),
        ("Genotype(recurrent=[], concat=[])", "normal, normal_concat, reduce,"),
        ("-" * 10**5 + "1", "Received"),
        ("[" * 10**5, "Received"),
    ],
)
def test_other_text_is_refused_with_what_was_found(text, received):
    with pytest.raises(ValueError, match=received):
        Genotype.from_text(text)


def test_text_is_never_run():
    with pytest.raises(ValueError, match="exit"):
        Genotype.from_text(TEXT.replace("range(2, 3)", "exit()"))


def test_text_must_be_a_string():
    with pytest.raises(TypeError, match="`text` must be a string"):
        Genotype.from_text(b"Genotype()")
