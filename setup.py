"""Package metadata; `pyproject.toml` holds the settings of the tools."""

import pathlib
import re

import setuptools

ROOT = pathlib.Path(__file__).parent

LITERT = ["ai-edge-litert>=2.3,<3"]
ONNX = ["onnx>=1.23,<2", "onnxruntime>=1.31,<2", "tf2onnx>=1.17,<2"]
SAFETENSORS = ["safetensors>=0.5"]
# Messages of TensorFlow Serving, for warm-up requests and clients.
SERVING = ["tensorflow-serving-api>=2.21,<2.22"]
TEXT = ["tensorflow-text>=2.21,<2.22"]
# A newer `torch` would bring gigabytes of CUDA packages.
TORCH = ["torch==2.13.0", *SAFETENSORS]


def version():
    # As text, since an import would need TensorFlow to be installed first.
    text = (ROOT / "keras_darts" / "version.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)[1]


setuptools.setup(
    name="keras_darts",
    version=version(),
    description=(
        "Differentiable architecture search (DARTS and its variants) for "
        "Keras 3 on TensorFlow"
    ),
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license_expression="Apache-2.0",
    license_files=["LICENSE"],
    packages=setuptools.find_packages(include=["keras_darts", "keras_darts.*"]),
    package_data={
        "keras_darts": ["*.pyi", "py.typed"],
        "keras_darts.tuner": ["*.jinja"],
    },
    python_requires=">=3.11",
    install_requires=[
        "absl-py",
        "filelock>=3.12",
        "flatbuffers>=24",
        # tensorflow-datasets needs it to prepare data, but does not say so.
        "importlib_resources",
        "Jinja2>=3.1",
        "keras>=3.15,<3.16",
        "keras-tuner>=1.4.8,<1.5",
        "matplotlib>=3.8",
        "numpy>=2",
        "psutil>=5.9",
        "requests",
        "pillow",
        "scikit-learn>=1.4",
        "tensorboard",
        "tensorflow>=2.21,<2.22",
        "tensorflow-datasets>=4.9.10",
    ],
    extras_require={
        "litert": LITERT,
        "onnx": ONNX,
        "safetensors": SAFETENSORS,
        "serving": SERVING,
        "text": TEXT,
        "torch": TORCH,
        "test": [
            *LITERT,
            *ONNX,
            *SAFETENSORS,
            *SERVING,
            *TEXT,
            *TORCH,
            "build>=1.2",
            "hypothesis>=6.100",
            # With a Node.js of its own. Another version may count otherwise.
            "pyright[nodejs]==1.1.414",
            "pytest>=8.3",
            "pytest-xdist>=3.8",
            # Another minor version may format otherwise.
            "ruff>=0.17,<0.18",
            "setuptools>=77",
        ],
    },
    entry_points={
        "console_scripts": ["keras-darts = keras_darts.cli.main:program"]
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    keywords=[
        "keras",
        "tensorflow",
        "darts",
        "neural architecture search",
        "automl",
    ],
)
