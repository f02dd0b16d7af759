"""The app in the terminal: one screen a module, each a face on code that the commands use too.

    app             the shell: screens, keys, colours, what happens when something breaks
    first_start     three questions, then the sample clinic
    home            which folder, what is in it, what it will be read as; one key starts
    batch           how the reading goes; pause, stop, go on
    study           pictures slice by slice, findings beside them
    review          a doctor changes, rejects, notes and signs
    reports         what was written: open, print, save
    models          what is installed, and whether it works here
    machine         what ``outpost doctor`` says
    settings        the clinic's settings, checked as they are typed

Widgets decide nothing: they show what ``workplace``, ``pipeline``, ``ledger`` and ``report`` say, and hand on what
the person wants. Workers touch no widget; they post messages.
"""
