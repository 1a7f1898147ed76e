"""A tuning needs no more memory with each of its trials."""

import gc

import tensorflow as tf
from tiny_tuning import SPACE
from tiny_tuning import tuned

import keras_darts as kd


def test_graphs_of_trials_are_given_back(tmp_path):
    hypermodel = kd.DartsHyperModel(SPACE, compile={"metrics": []})
    gc.collect()
    before = [g for g in gc.get_objects() if isinstance(g, tf.Graph)]
    known = {id(graph) for graph in before}
    tuner = tuned(tmp_path, hypermodel=hypermodel, max_trials=2)
    assert len(tuner.completed_trials()) == 2
    del tuner
    gc.collect()
    left = [
        graph
        for graph in gc.get_objects()
        if isinstance(graph, tf.Graph) and id(graph) not in known
    ]
    assert len(left) < 10, left
