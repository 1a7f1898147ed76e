"""A tuning needs no more memory with each of its trials."""

import gc

import tensorflow as tf
from tiny_tuning import SPACE
from tiny_tuning import tuned

import keras_darts as kd


def _graphs():
    # By type: `isinstance` asks lazy objects of other packages for their
    # class, which import things or warn.
    gc.collect()
    result = gc.get_objects()
    return [each for each in result if issubclass(type(each), tf.Graph)]


def test_graphs_of_trials_are_given_back(tmp_path):
    hypermodel = kd.DartsHyperModel(SPACE, compile={"metrics": []})
    known = {id(graph) for graph in _graphs()}
    tuner = tuned(tmp_path, hypermodel=hypermodel, max_trials=2)
    assert len(tuner.completed_trials()) == 2
    del tuner
    left = [graph for graph in _graphs() if id(graph) not in known]
    assert len(left) < 10, left
