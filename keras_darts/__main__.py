"""`python -m keras_darts`, which is the command `keras-darts`."""

import sys

from keras_darts.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
