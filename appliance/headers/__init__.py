"""What one file says about itself, learnt from its first bytes."""
