"""An invented clinic: MRI of people who do not exist, written as real scanners write it, with known truth.

Nothing here is needed to read a scan. It makes the folder that ``outpost demo`` reads, the small
series that the tests read, and the images with known lesions on which quality and readers are checked.
"""
