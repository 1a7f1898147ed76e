"""Workers that miss another one say which, and don't wait for ever."""

import json
import os
import socket
import subprocess
import sys

import pytest
import tensorflow as tf

from keras_darts.distributed.multi_worker import missing

CLUSTER = tf.train.ClusterSpec({"chief": ["a:1"], "worker": ["b:2", "c:3"]})


@pytest.mark.parametrize(
    "says, names",
    [
        (
            "# of tasks that reached the barrier: 1/3.\nThe first task at the "
            "barrier: /job:worker/replica:0/task:0. Some timed out task "
            "names:\n/job:chief/replica:0/task:0\n"
            "/job:worker/replica:0/task:1\n\nAdditional GRPC error "
            "information from remote target /job:chief/replica:0/task:0",
            "worker 0 at a:1, worker 2 at c:3",
        ),
        (
            "Error reported from /job:chief/task:0: The following tasks are "
            "unhealthy (stopped sending heartbeats):\n"
            "/job:worker/replica:0/task:0\nThe tasks have crashed.",
            "worker 1 at b:2",
        ),
        (
            "Additional GRPC error information from remote target "
            "/job:worker/replica:0/task:1 while calling "
            "/tensorflow.WorkerService/RecvBuf:\n:UNKNOWN",
            "worker 2 at c:3",
        ),
        (
            "Deadline Exceeded\n\nRPC: /tensorflow.CoordinationService/"
            "Heartbeat\nThe error could be",
            "worker 0 at a:1",
        ),
        ("Collective has timed out during execution.", None),
    ],
    ids=["never came", "hangs", "has ended", "the first one hangs", "unknown"],
)
def test_what_tensorflow_says_names_the_worker(says, names):
    assert missing(tf.errors.UnavailableError(None, None, says), CLUSTER) == (
        names
    )


def test_a_worker_that_never_comes_is_waited_for_within_a_limit(tmp_path):
    with socket.socket() as own, socket.socket() as other:
        for bound in (own, other):
            bound.bind(("localhost", 0))
        hosts = [f"localhost:{s.getsockname()[1]}" for s in (own, other)]
    task = {"type": "worker", "index": 0}
    config = {"cluster": {"worker": hosts}, "task": task}
    run = f"--output_dir={tmp_path / 'run'}"
    done = subprocess.run(
        [sys.executable, "-m", "keras_darts", "search", "--dataset=digits"]
        + [run, "--worker_timeout_minutes=0.02"],
        env={**os.environ, "TF_CONFIG": json.dumps(config)},
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    error = f"error: worker 1 at {hosts[1]} did not come within 0.02 minutes"
    assert error in done.stderr
