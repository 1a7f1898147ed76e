"""How several workers find each other, and which one is missing."""

import re

import tensorflow as tf
from tensorflow.python.eager import context

from keras_darts.running import last_resort

LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.UnavailableError,
)
# What TensorFlow says of a worker: one that never came, one whose heartbeats
# have stopped, one at the other end of a broken connection.
_MISSING = (
    r"timed out task names:((?:\s+/job:\S+)+)",
    r"stopped sending heartbeats\):((?:\s+/job:\S+)+)",
    r"remote target (/job:\S+)",
)


def gathered(minutes):
    """The `tf.distribute.MultiWorkerMirroredStrategy` of `TF_CONFIG`.

    To be called before TensorFlow computes anything. A worker whose process
    hangs or can't be reached is found out by itself, within ten seconds.

    Args:
        minutes: Float, how long workers wait for one that has not started
            yet, and for one that does not get as far as they.

    Raises:
        RuntimeError: if not all workers come in this time.
    """
    cluster = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    cluster = cluster.cluster_spec()
    _limit_gathering(cluster, minutes)
    options = tf.distribute.experimental.CommunicationOptions(
        timeout_seconds=60 * minutes
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(
            communication_options=options
        )
    except LOST as error:
        last_resort.limit_shutdown()
        raise RuntimeError(
            f"{missing(error, cluster) or 'Another worker'} did not come "
            f"within {minutes:g} minutes: start all workers again, within "
            "this time of each other (--worker_minutes), at addresses that "
            "all of them can reach"
        ) from error


def missing(error, cluster):
    """The workers that TensorFlow misses, in words, or `None` if unknown.

    Args:
        error: The error that it raised, one of `LOST`.
        cluster: `tf.train.ClusterSpec`.
    """
    text = str(error)
    found = filter(None, (re.search(p, text) for p in _MISSING))
    tasks = re.findall(r"/job:(\w+)\S*/task:(\d+)", next(found, [""])[0])
    if not tasks and "CoordinationService/" in text:
        # Only the first worker is asked for this service.
        tasks = [(_leader(cluster), 0)]
    names = [
        f"worker {_number(cluster, job, int(task))} at "
        f"{cluster.task_address(job, int(task))}"
        for job, task in tasks
    ]
    return ", ".join(names) or None


def _number(cluster, job, task):
    later = job != "chief" and "chief" in cluster.jobs
    return task + (cluster.num_tasks("chief") if later else 0)


def _leader(cluster):
    return "chief" if "chief" in cluster.jobs else "worker"


def _limit_gathering(cluster, minutes):
    # TensorFlow has no public way; left alone it waits for an hour.
    config = tf.compat.v1.ConfigProto().experimental.coordination_config
    for job in cluster.jobs:
        config.coordinated_job_list.add(
            name=job, num_tasks=cluster.num_tasks(job)
        )
    present = context.context()
    present.configure_coordination_service(
        "standalone",
        service_leader=f"/job:{_leader(cluster)}/replica:0/task:0",
        cluster_register_timeout_in_ms=int(60_000 * minutes),
        coordinated_jobs=list(config.coordinated_job_list),
    )
    # Without a barrier the first worker does not heed the limit.
    present.coordination_service.cluster_register_with_barrier = True
