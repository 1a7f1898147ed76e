"""What every long run has: checkpoints, requests to stop, errors in words."""
