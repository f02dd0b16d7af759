"""Many people at once: what a ministry counts.

    a table, or a folder of results → people.py → tables (statistics on shares of the brain)
                                                → figures (PNG, SVG), cohort.xlsx, cohort.pdf

Every table says how many people it rests on and what was left out of it; nothing is imputed.
"""
