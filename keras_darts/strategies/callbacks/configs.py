"""Lists of Keras callbacks as plain data, and back."""

import keras


def serialized(callbacks):
    """The configs of callbacks that are registered with Keras."""
    return [keras.saving.serialize_keras_object(c) for c in callbacks]


def with_callbacks(config):
    """A config whose `callbacks`, if there are any, are objects again."""
    found = config.get("callbacks", ())
    objects = [keras.saving.deserialize_keras_object(c) for c in found]
    return {**config, "callbacks": objects}
