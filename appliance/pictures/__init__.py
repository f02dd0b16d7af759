"""What was found, drawn on the scan: NumPy and Pillow, no file touched.

    brain.draw_brain    key slices with outlines, plain beside marked, relevance, anomalies, before beside now
    spine.draw_sagittal the spine from the side with the measuring lines
    spine.draw_axial    each level from above with the window that was graded

Every picture hangs as a radiologist hangs it and says so at its edges. Colours are told apart by people who see
no red or no green, and every colour is named in a legend.
"""

from appliance.pictures.brain import draw_brain
from appliance.pictures.drawing import Drawing
from appliance.pictures.spine import draw_axial, draw_sagittal

__all__ = ["Drawing", "draw_axial", "draw_brain", "draw_sagittal"]
