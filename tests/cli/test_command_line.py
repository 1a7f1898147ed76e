"""What the command line says before any work begins."""

import os
import re
import subprocess
import sys

import pytest

from keras_darts.cli import options as names
from keras_darts.cli.main import COMMANDS
from keras_darts.cli.main import main
from keras_darts.utils.messages import without_runtime_chatter
from keras_darts.version import __version__

LIGHT = """
import contextlib
import io
import sys
import time
from keras_darts.cli.main import COMMANDS
from keras_darts.cli.main import main
for line in ("--help", "--version", *(f"{name} --help" for name in COMMANDS)):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(line.split()) == 0, line
    assert said.getvalue().strip(), line
    heavy = {"keras", "matplotlib", "tensorflow"} & set(sys.modules)
    assert not heavy, (line, heavy)
    assert time.process_time() < 5, line
"""


def python(script, environment):
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment,
    )


def test_help_waits_for_nothing_heavy(environment):
    done = python(LIGHT, environment)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_the_package_runs_as_a_module(environment):
    done = subprocess.run(
        [sys.executable, "-m", "keras_darts", "--version"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.stdout == f"keras-darts {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_into_80_columns_and_names_every_flag(name, capsys):
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^  --\[no\]debug$", text, re.MULTILINE)


def test_help_lists_the_commands(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in COMMANDS)


def test_no_command_is_an_error_with_the_help(capsys):
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("serach", r"keras-darts: error: .*Did you mean search\?"),
        ("search --datset=x", r"keras-darts search: error: .*dataset \?"),
        ("search --epochs=0", "--epochs=0: 0 is not a positive integer"),
        ("search --epochs=two", "--epochs=two"),
        ("search --validation_split=1.5", "--validation_split=1.5"),
        ("search runs/a", "written --name=value. Received: runs/a"),
        ("search --dataset=digits", "--output_dir must be given"),
        ("search --output_dir=a", "--dataset must be given"),
        ("train --output_dir=a", "--run and --genotype must be given"),
        (
            "train --recipe=cifra",
            r"one of <cifar\|imagenet\|nas_bench_201\|small\|",
        ),
        ("evaluate", "One of the flags --run and --model must be given"),
        ("export", "--run must be given"),
        ("generate", "--run and --model must be given"),
        ("generate --model=a --temperature=-1", "--temperature=-1"),
        ("export --quantization=none,int4", "int8, with commas between"),
        ("plot", "--run and --genotype must be given"),
        ("plot --run=a --genotype=darts_v2", "One of the flags --run and"),
        ("evaluate --run=a --model=a.onnx", "One of the flags --run and"),
        ("plot --format=jpg", "svg, png, with commas between"),
    ],
)
def test_a_wrong_command_line_exits_with_2(arguments, message, capsys, here):
    assert main(arguments.split()) == 2
    shown = capsys.readouterr()
    assert re.search(message, shown.err), shown.err
    assert "--help shows what there is" in shown.err
    assert not shown.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("search --output_dir=file/a", "`output_dir` must be a folder"),
        ("search --output_dir=a --resume", "must hold a run for --resume"),
        (
            "search --output_dir=a --dataset=digits --search_space=dart_cnn",
            r"`search_space` .*Did you mean darts_cnn ",
        ),
        (
            "search --output_dir=a --dataset=digits --strategy=drats",
            r"`strategy` .*Did you mean darts",
        ),
        (
            "search --output_dir=a --dataset=digits --filters=3",
            "`filters` must be even",
        ),
        (
            "search --output_dir=a --dataset=digits --max_examples=20",
            "`batch_size` must be at most",
        ),
        ("plot --genotype=darts_v3", r"Did you mean .*darts_v2"),
        ("plot --genotype=no/such.json", "which does not exist"),
        ("plot --genotype=file", "must be a genotype file"),
        ("plot --genotype=random:x", "a number after 'random:'"),
        (
            "plot --genotype=darts_v2 --alphas",
            "`run` must be the folder of a search",
        ),
        (
            "train --output_dir=a --genotype=rnn_darts_v1 --dataset=digits",
            "`dataset` must be a folder or text file",
        ),
        (
            "train --output_dir=a --genotype=darts_v1 --dataset=digits "
            "--auxiliary",
            "`auxiliary` must be False",
        ),
        (
            "train --output_dir=a --genotype=darts_v1 --dataset=file",
            "`dataset` must be a folder of images or an .npz file",
        ),
        (
            "train --output_dir=a --genotype=darts_v1 --dataset=.",
            "`dataset` must be a folder of class folders",
        ),
        (
            "train --output_dir=a --genotype=rnn_darts_v2 --dataset=.",
            "`dataset` must be a folder with one file for train",
        ),
        (
            "train --output_dir=a --genotype=rnn_darts_v2 --dataset=. "
            "--recipe=cifar",
            "`recipe` must be one of small_text, ptb, wikitext2 for running",
        ),
        (
            "train --output_dir=a --genotype=rnn_darts_v2 --dataset=. "
            "--filters=4",
            "`filters` must be left out for running text",
        ),
        (
            "train --output_dir=a --genotype=rnn_darts_v2 --dataset=. "
            "--sync_batch_norm",
            "`sync_batch_norm` must be left out for running text",
        ),
        (
            "search --output_dir=a --dataset=digits --hidden_size=4",
            "`hidden_size` must be left out for images",
        ),
        (
            "search --output_dir=a --search_space=darts_rnn --dataset=./no",
            "where there is nothing",
        ),
        (
            "search --output_dir=a --search_space=text_cnn --dataset=. "
            "--level=word",
            "`level` must be left out for labelled sentences",
        ),
        ("evaluate --model=none", "a file that exists"),
        ("evaluate --run=none", "`run` must be the folder of a run"),
        ("plot --run=none", "`run` must be the folder of a run"),
        ("plot --genotype=.", "--run takes a folder"),
        ("evaluate --model=. --dataset=digits", "SavedModel"),
        ("export --run=none", "folder of a training run"),
        ("export --run=a --io_dtype=int8", "but with --quantization=int8"),
        ("export --run=a --format=onnx --top_k=3", "has no saved_model"),
        ("export --run=a --format=onnx --batch_size=3", "has no litert"),
    ],
)
def test_a_users_error_is_one_line_and_exits_with_1(
    arguments, message, capsys, here
):
    (here / "file").write_text("")
    assert main(arguments.split()) == 1
    (line,) = capsys.readouterr().err.splitlines()
    command = arguments.split()[0]
    assert line.startswith(f"keras-darts {command}: error: ")
    assert re.search(message, line), line


def test_debug_shows_the_traceback(here):
    with pytest.raises(ValueError, match="darts_v2"):
        main(["plot", "--genotype=darts_v3", "--debug"])


def test_a_warning_is_a_line_and_comes_once(here, environment):
    done = python(
        "import warnings\n"
        "from keras_darts.cli import main, plot\n"
        "def run(options):\n"
        "    for each in range(3):\n"
        "        warnings.simplefilter('always')\n"
        "        warnings.warn('it may be slow', RuntimeWarning)\n"
        "plot.run = run\n"
        "main.main(['plot', '--genotype=darts_v2'])\n"
        "warnings.warn('as ever', RuntimeWarning)\n",
        environment,
    )
    first, *others = done.stderr.splitlines()
    assert first == "keras-darts plot: warning: it may be slow"
    assert "RuntimeWarning: as ever" in others[0]


def test_an_interrupt_is_no_error(monkeypatch, capsys, here):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(COMMANDS["plot"], "run", interrupted)
    assert main(["plot", "--genotype=darts_v2"]) == 130
    assert capsys.readouterr().err == "keras-darts plot: interrupted\n"


EARLY = """
import sys
from keras_darts.cli.main import main
for line in {lines}:
    assert main(line.split()), line
    assert "tensorflow" not in sys.modules, line
"""


def test_what_a_flag_gets_wrong_is_told_before_tensorflow_is_imported(
    here, environment
):
    (here / "file").write_text("")
    (here / "folder").mkdir()
    lines = [
        "search --dataset=digits --output_dir=file",
        "search --output_dir=a",
        *(
            f"{command} --dataset=digits {flag}"
            for command in (
                "search --output_dir=a",
                "estimate",
                "tune --output_dir=a",
            )
            for flag in (
                "--strategy=drats",
                "--search_space=dart_cnn",
                "--hidden_size=4",
                "--dataset=no/such/file",
                "--dataset=file",
                "--latency_table=file",
                "--latency_table=no --target_latency_ms=1",
            )
        ),
        "estimate --dataset=digits --validation_split=0",
        "tune --output_dir=a --dataset=digits --oracle=grid",
        "tune --output_dir=a --dataset=digits --tune=strategy=darts,drats",
        "tune --output_dir=a --dataset=digits --objective=val_perplexity",
        "train --output_dir=a --genotype=darts_v2",
        "train --output_dir=a --genotype=darts_v9 --dataset=digits",
        "train --output_dir=a --genotype=darts_v2 --dataset=./no",
        "train --output_dir=a --genotype=darts_v2 --dataset=. --recipe=ptb",
        "train --output_dir=a --genotype=darts_v2 --dataset=. --level=word",
        "train --output_dir=a --genotype=random:1 --search_space=text_cnn "
        "--dataset=file",
        "evaluate --model=file",
        "evaluate --model=folder",
        "evaluate --run=folder",
        "benchmark file",
        "benchmark folder",
        "benchmark none.tflite",
        "generate --model=none",
        "export --run=folder",
        "cost_table --output=a.json --search_space=darts_rnn",
    ]
    done = python(EARLY.format(lines=lines), environment)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in here.iterdir()} == {"file", "folder"}


def test_the_strategies_are_those_that_are_registered():
    from keras_darts import strategies

    ours = [n for n in strategies.names() if n in names.STRATEGIES]
    assert ours == [*names.STRATEGIES]
    module = strategies.strategy
    assert {*names.STRATEGIES} == {
        name
        for name, function in module._REGISTRY._entries.items()
        if (function.__module__ or "").startswith("keras_darts.")
    }


@pytest.mark.parametrize("before", [(), ("runs",), ("runs/a/kept",)])
def test_a_failed_command_leaves_no_empty_folder(before, here, capsys):
    for folder in before:
        (here / folder).mkdir(parents=True)
    kept = {*here.rglob("*")}
    command = ["search", "--output_dir=runs/a/b", "--dataset=digits"]
    assert main([*command, "--filters=3"]) == 1
    assert "`filters` must be even" in capsys.readouterr().err
    assert {*here.rglob("*")} == kept


def test_tensorflow_comes_without_noise_and_with_onednn(here, environment):
    done = python(
        "import os\n"
        "from keras_darts.cli import backend\n"
        "backend.start(grappler=False)\n"
        "import tensorflow as tf\n"
        "print(os.environ['TF_ENABLE_ONEDNN_OPTS'])\n"
        "print(tf.config.optimizer.get_experimental_options())\n",
        environment,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    onednn, options = done.stdout.splitlines()
    assert onednn == "1"
    assert "'disable_meta_optimizer': True" in options


def test_the_noise_is_shown_when_tensorflow_fails(here, environment):
    (here / "tensorflow.py").write_text(
        "import os\n"
        "os.write(2, b'no such library\\n')\n"
        "raise ImportError('broken')\n"
    )
    done = python(
        "from keras_darts.cli import backend\nbackend.start()\n", environment
    )
    assert "no such library" in done.stderr
    assert "ImportError: broken" in done.stderr


def test_only_the_noise_of_runtimes_is_left_out(capfd):
    with pytest.raises(ValueError, match="anything"):
        with without_runtime_chatter():
            os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate\n")
            os.write(2, b"a warning\nof two lines without an end")
            raise ValueError("anything")
    os.write(2, b"\nand so on")
    output = capfd.readouterr().err
    assert output == "a warning\nof two lines without an end\nand so on"
