"""A report → paper, or the queue until there is some.

    system.py    what a printing system must answer
    cups.py      Linux: CUPS through its own programs
    windows.py   Windows: the shell's print verb
    queue.py     reports that wait, on the disk
    desk.py      print now, keep what cannot be printed, print what waits

Guarantees: a report that was asked for is either handed to the system or waits in the queue; why it waits is said.
"""
