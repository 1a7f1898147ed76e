"""The published methods, each one choice of pieces."""

from keras_darts.strategies.variants.advised import auto
from keras_darts.strategies.variants.catalog import get
from keras_darts.strategies.variants.catalog import guards_against
from keras_darts.strategies.variants.catalog import name_of
from keras_darts.strategies.variants.catalog import names
from keras_darts.strategies.variants.catalog import register_variant
from keras_darts.strategies.variants.darts import darts
from keras_darts.strategies.variants.darts import darts_second_order
from keras_darts.strategies.variants.guarded import beta_darts
from keras_darts.strategies.variants.guarded import darts_minus
from keras_darts.strategies.variants.guarded import darts_plus
from keras_darts.strategies.variants.guarded import fair_darts
from keras_darts.strategies.variants.guarded import robust_darts
from keras_darts.strategies.variants.guarded import robust_darts_ada
from keras_darts.strategies.variants.guarded import robust_darts_es
from keras_darts.strategies.variants.partial import pc_darts
from keras_darts.strategies.variants.perturbation import darts_pt
from keras_darts.strategies.variants.sampled import dr_nas
from keras_darts.strategies.variants.sampled import gdas
from keras_darts.strategies.variants.sampled import proxyless
from keras_darts.strategies.variants.sampled import sdarts_adv
from keras_darts.strategies.variants.sampled import sdarts_rs
from keras_darts.strategies.variants.sampled import snas
from keras_darts.strategies.variants.shared import enas
from keras_darts.strategies.variants.shared import random_sharing
from keras_darts.strategies.variants.staged import dr_nas_progressive
from keras_darts.strategies.variants.staged import p_darts

__all__ = [
    "auto",
    "beta_darts",
    "darts",
    "darts_minus",
    "darts_pt",
    "darts_plus",
    "darts_second_order",
    "dr_nas",
    "dr_nas_progressive",
    "enas",
    "fair_darts",
    "gdas",
    "get",
    "guards_against",
    "name_of",
    "names",
    "p_darts",
    "pc_darts",
    "proxyless",
    "random_sharing",
    "register_variant",
    "robust_darts",
    "robust_darts_ada",
    "robust_darts_es",
    "sdarts_adv",
    "sdarts_rs",
    "snas",
]
