"""A site that uses every public name; checked by mypy and pyright, both strict, and never run."""
