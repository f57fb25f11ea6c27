"""The site chat's own door: what the widget on a page talks to."""
