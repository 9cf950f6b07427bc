"""The config's own models: what may stand in a config file, and what is refused."""
