"""The site's own app."""
