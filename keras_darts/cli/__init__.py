"""The command line: one file a subcommand, with its flags and its calls."""
