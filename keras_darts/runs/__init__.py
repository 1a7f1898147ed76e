"""A run on disk: its folder, checkpoints, resume and errors."""
