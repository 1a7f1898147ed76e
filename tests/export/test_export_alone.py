import subprocess
import sys

import numpy as np
import pytest

from keras_darts import export

SAVED_MODEL = """
import sys
sys.modules.update({"keras": None, "keras_darts": None})
import numpy as np
import tensorflow as tf

folder, images, outputs = sys.argv[1:]
loaded = tf.saved_model.load(folder)
serve = loaded.signatures["serving_default"]
images = np.load(images)
one, all = (serve(image=tf.constant(x)) for x in (images[:1], images))
np.savez(outputs, one=one["logits"], all=all["logits"])
"""

LITERT = """
import sys
sys.modules.update({"keras": None, "keras_darts": None, "tensorflow": None})
import numpy as np
from ai_edge_litert.interpreter import Interpreter

file, images, outputs = sys.argv[1:]
serve = Interpreter(file).get_signature_runner("serving_default")
images = np.load(images)
one, all = (serve(image=x) for x in (images[:1], images))
np.savez(outputs, one=one["logits"], all=all["logits"])
"""


@pytest.mark.parametrize("export_format", ["saved_model", "litert"])
def test_exports_run_where_neither_keras_nor_keras_darts_can_be_imported(
    network, images, tmp_path, export_format
):
    if export_format == "saved_model":
        file = export.saved_model(network, tmp_path / "net", labels=[*"abcd"])
        script = SAVED_MODEL
    else:
        reason = "pip install keras_darts[litert]"
        pytest.importorskip("ai_edge_litert", reason=reason)
        file = export.litert(network, tmp_path / "net.tflite")
        script = LITERT
    np.save(tmp_path / "images.npy", images)
    arguments = [file, tmp_path / "images.npy", tmp_path / "outputs.npz"]
    subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        check=True,
        cwd=tmp_path,
        timeout=120,
    )
    outputs = np.load(tmp_path / "outputs.npz")
    logits = network(images, training=False)
    np.testing.assert_allclose(outputs["one"], logits[:1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(outputs["all"], logits, rtol=1e-5, atol=1e-5)
