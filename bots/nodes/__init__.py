"""The steps a flow can take, one file each: what it asks, what it does, where it leads. `registry` finds them here."""
