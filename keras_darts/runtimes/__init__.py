"""The runtimes of exported files alone, for processes that measure them.

Nothing here imports Keras, and TensorFlow only where a SavedModel is run.
"""
