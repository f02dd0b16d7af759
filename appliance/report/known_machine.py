"""What the doctor and updates say, as patterns for the catalogues: the app shows them in the clinic's language."""

from __future__ import annotations

from appliance.report.marks import N_

DOCTOR = (
    N_("{name}: {cores} cores, {threads} threads, {instructions}."),
    N_("It has no instructions for INT8, so the models run slower."),
    N_("{total}, of which {free} are free."),
    N_("Close other programs before a batch is started."),
    N_("Run no other program beside this one."),
    N_("Nothing can be written to {place} ({why})."),
    N_("Choose another folder for the results, or check that the disk is not write-protected."),
    N_("{place} can be written to, but does not say how much room it has."),
    N_("{free} are free at {place}."),
    N_("Make room before a large batch is started."),
    N_("The clock says {date}, which cannot be: a part of this program was made on {earliest}."),
    N_("Set date and time, or every result will carry a wrong date; an empty battery on the mainboard does this."),
    N_("No NVIDIA driver answered."),
    N_("No NVIDIA driver is installed."),
    N_("{engine} works: {time} a slice, at most {off} off."),
    N_("CUDA is not part of this installation."),
    N_("To use the NVIDIA card, install the program with CUDA."),
    N_("If this machine has an NVIDIA card, install its driver."),
    N_("{folder} holds no model package."),
)
UPDATES = (
    N_("Release {number} of {date} is signed by the publisher."),
    N_("It fits this machine and brings {what}."),
    N_("This machine has all of it already."),
    N_("{number} file copied and compared with what was signed."),
    N_("{number} files copied and compared with what was signed."),
    N_("{number} golden case computed on this machine as they must be."),
    N_("{number} golden cases computed on this machine as they must be."),
    N_("The new models are in use. “outpost models rollback” goes back to those before."),
    N_("Done. Models in use: {models}."),
    N_("Nothing had to be done. Models in use: {models}."),
    N_("Program {version} is used from the next start on."),
    N_("the models that came with the program"),
    N_("the models that came with the program ({models})"),
    N_("release {number}, installed {date}"),
    N_("release {number} ({models})"),
    N_(
        "This update was good until {date}, and this machine's clock says {today}: there should be a newer one, or the "
        "clock is wrong."
    ),
    N_(
        "This machine's clock says {today}, but an update was made on {date}: the clock is wrong, so nobody can tell "
        "whether this update is still current."
    ),
)
