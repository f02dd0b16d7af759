"""Turns full models into the small ones that the clinic's laptop runs."""
