"""Adapters to other packages. None of them has to be installed."""
