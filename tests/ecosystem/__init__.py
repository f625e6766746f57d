"""One site with all that sites add to Django: see ``docs/how-to/ecosystem.rst``."""
