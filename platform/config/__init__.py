"""The composition root: the only place that sees all apps."""
