"""What the app knows and decides beside its widgets: this workplace, and the person in front of it.

home        the folder that settings and memory lie in
writing     a file appears whole or not at all
memory      folders chosen last, colours, keys: what is remembered from day to day
setup       the settings file, one value at a time, checked before it is written
places      disks and sticks by the names that people know them by
dropped     a path as it is typed, pasted or dropped
inventory   what lies in a folder, and what each series will be read as
background  work in a process of its own, so that the screen answers at once
doctors     who may sign, with a PIN
viewer      the system's own programs for a PDF or a picture
"""
