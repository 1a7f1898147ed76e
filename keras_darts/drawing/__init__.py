"""Drawings of cells, and the colours of all pictures, in plain Python."""
