"""``<avaturn-photos>`` in Chromium."""
