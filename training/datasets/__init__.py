"""One adapter per public data set, and one small common shape behind those of a kind."""
