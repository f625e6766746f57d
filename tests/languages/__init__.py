"""The translations: complete, true to the sources, compiled, and seen on every page."""
