"""Genotypes: what a search finds, as plain data that needs no TensorFlow."""

from keras_darts.genotypes.genotype import Genotype
from keras_darts.genotypes.io import from_json
from keras_darts.genotypes.io import from_text
from keras_darts.genotypes.io import load
from keras_darts.genotypes.io import save
from keras_darts.genotypes.nas_bench_201_genotype import NasBench201Genotype
from keras_darts.genotypes.published import get
from keras_darts.genotypes.published import names as list
from keras_darts.genotypes.recurrent_genotype import RecurrentGenotype

__all__ = [
    "Genotype",
    "NasBench201Genotype",
    "RecurrentGenotype",
    "from_json",
    "from_text",
    "get",
    "list",
    "load",
    "save",
]
