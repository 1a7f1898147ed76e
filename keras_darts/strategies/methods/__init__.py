"""The published methods, each one choice of pieces."""

from keras_darts.strategies.methods.auto import auto
from keras_darts.strategies.methods.beta_darts import beta_darts
from keras_darts.strategies.methods.darts import darts
from keras_darts.strategies.methods.darts import darts_second_order
from keras_darts.strategies.methods.darts_minus import darts_minus
from keras_darts.strategies.methods.darts_plus import darts_plus
from keras_darts.strategies.methods.darts_pt import darts_pt
from keras_darts.strategies.methods.dr_nas import dr_nas
from keras_darts.strategies.methods.dr_nas import dr_nas_progressive
from keras_darts.strategies.methods.enas import enas
from keras_darts.strategies.methods.fair_darts import fair_darts
from keras_darts.strategies.methods.gdas import gdas
from keras_darts.strategies.methods.p_darts import p_darts
from keras_darts.strategies.methods.pc_darts import pc_darts
from keras_darts.strategies.methods.proxyless import proxyless
from keras_darts.strategies.methods.random_search import random_sharing
from keras_darts.strategies.methods.robust_darts import robust_darts
from keras_darts.strategies.methods.robust_darts import robust_darts_ada
from keras_darts.strategies.methods.robust_darts import robust_darts_es
from keras_darts.strategies.methods.sdarts import sdarts_adv
from keras_darts.strategies.methods.sdarts import sdarts_rs
from keras_darts.strategies.methods.snas import snas
from keras_darts.strategies.strategy import get
from keras_darts.strategies.strategy import guards_against
from keras_darts.strategies.strategy import name_of
from keras_darts.strategies.strategy import names
from keras_darts.strategies.strategy import register_strategy
from keras_darts.strategies.strategy import say
from keras_darts.strategies.strategy import summary

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
    "register_strategy",
    "robust_darts",
    "robust_darts_ada",
    "robust_darts_es",
    "say",
    "sdarts_adv",
    "sdarts_rs",
    "snas",
    "summary",
]
