"""A folder of studies → a folder of results, as one generator of typed events that survives whatever happens.

    run_batch         the story: began, lock, ledger, look, plan, read each study, sum up
    events            what it tells, in the order in which it happens
    loading, ahead    the next study is read from the disk while this one is computed
    plan              what is to be done with a study: pure
    staging           a study's results appear whole or not at all
    estimate          how long it still takes

Guarantees: the failure of one study is an event, not the end; a stop, a kill or a pulled plug at any moment
loses at most the study in progress, and the next run goes on from there with the same results.
"""

from appliance.pipeline.batch import run_batch
from appliance.pipeline.reading import Place, Stopped, StudyReader
from appliance.pipeline.request import Batch, Redo

__all__ = ["Batch", "Place", "Redo", "Stopped", "StudyReader", "run_batch"]
