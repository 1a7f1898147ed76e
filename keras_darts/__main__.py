"""`python -m keras_darts`, which is the command `keras-darts`."""

from keras_darts.cli.main import program

if __name__ == "__main__":
    program()
