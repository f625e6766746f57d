"""Whoever cannot see, use a mouse, or bear things that move: what the pages are to them."""
