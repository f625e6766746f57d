"""The REST API of the site's own users; everything that imports rest_framework lives here."""
