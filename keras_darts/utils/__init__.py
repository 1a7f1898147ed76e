"""Helpers that every room uses: errors, files, names, TensorFlow's settings."""
