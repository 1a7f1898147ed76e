"""TensorBoard's files of a run that is resumed."""

import tensorflow as tf

from keras_darts.files import written_whole

_PATTERN = "events.out.tfevents.*"


def forget_from(folder, step):
    """Takes out of TensorBoard's files what a resumed run will write again.

    Args:
        folder: Path of the files.
        step: Integer, the first one that will be written.
    """
    for file in sorted(folder.glob(_PATTERN)):
        records, whole = _records(file)
        kept = [record for record in records if _step(record) < step]
        if whole and len(kept) == len(records):
            continue
        if not any(_holds_values(record) for record in kept):
            file.unlink()
            continue
        with written_whole(file) as scratch:
            with tf.io.TFRecordWriter(str(scratch)) as writer:
                for record in kept:
                    writer.write(record)


def _records(file):
    """What a file holds, and whether it can be read to its end."""
    found = []
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            found.append(record)
    except tf.errors.DataLossError:
        # The last record of a process that was killed may be half written.
        return found, False
    return found, True


def _step(record):
    event = tf.compat.v1.Event.FromString(record)
    return event.step if event.HasField("summary") else -1


def _holds_values(record):
    return tf.compat.v1.Event.FromString(record).HasField("summary")
