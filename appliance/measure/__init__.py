"""Masks → counts, millilitres, regions, severity and change. Decides; touches no file.

    lesions.measure_lesions   masks and probabilities on the scan's grid → LesionFindings
    align.align               two scans of one patient → Alignment, or why not
    change.compare_lesions    two studies' lesions and their alignment → LesionChange

Everything is measured in millimetres through the scan's own affine, whatever the voxels' shape.
"""
