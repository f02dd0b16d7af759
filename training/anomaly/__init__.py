"""What does not look like the rest: unsupervised anomaly maps, learned from lesion-free slices only.

scans → pack → Material → (per fold) methods → anomaly maps → counts per patient → comparison
"""
