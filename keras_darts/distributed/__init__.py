"""Devices, replicas and workers: nobody on one machine needs to read it."""
