"""What images and sentences have in common."""

from keras_darts.cli.modalities.modality import Modality


class LabelledModality(Modality):
    """Data whose elements have a label each."""

    threads = "across"
    judged_by = ("val_accuracy", "val_loss")

    @staticmethod
    def label_names(data, saved):
        """Those of a run, or of the data where it does not say them."""
        known = saved.get("data", {}).get("label_names")
        return list(data.label_names) if known is None else known

    def search_sizes(self, options, data):
        return {
            "num_classes": data.num_classes,
            "filters": options.filters,
            "num_cells": options.num_cells,
        }

    def search_input(self, options, data, recipe):
        return {
            "x": data.train.batch(options.batch_size or recipe.batch_size),
            "validation_split": options.validation_split,
        }

    def supernet_in_words(self, space):
        return f"{space.num_cells} cells of {space.filters} filters"

    def data_config(self, options, data, training):
        return {
            **{name: options[name].value for name in self.sources},
            "num_train": data.num_train,
            "label_names": list(data.label_names),
            "description": data.description,
        }

    def in_words(self, figures):
        return (
            f"accuracy {figures['accuracy']:.2%}, loss {figures['loss']:.4f} "
            f"on {figures['num_examples']} test {self.things}"
        )


def predictions(network):
    """The function from a batch to logits, on one device or on several."""

    def of_batch(batch):
        # Each device predicts the whole batch.
        return network.predict_on_batch(batch)[: len(batch)]

    return of_batch
