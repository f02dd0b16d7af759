"""The spine's models: find the level, measure, then grade."""
