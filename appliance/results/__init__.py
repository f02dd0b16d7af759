"""A study's results on the disk: masks on the input grid, pictures, and ``findings.json`` last of all.

    folder = StudyFolder.begin(output / study.key)
    folder.add_brain(answer), folder.add_sagittal(answer), folder.add_axial(answer)
    folder.finish(findings)              # with folder.outputs and folder.pictures in it

Each file is whole or not there. What an earlier reading left in the folder is removed, and ``findings.json``
first, so that a folder with findings holds exactly the files that they name.
"""

from appliance.results.earlier import load_earlier
from appliance.results.study_folder import StudyFolder

__all__ = ["StudyFolder", "load_earlier"]
