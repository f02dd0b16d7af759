"""The networks that are compared, and the one that the clinic's models descend from."""
