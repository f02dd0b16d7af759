"""One reader for each kind of scan, all with the same two methods: ``accepts`` and ``read``.

    LesionReader      a FLAIR                     → brain, ventricles, lesions, measured
    AnomalyReader     what the lesion reader left → what looks unusual and no lesion explains
    SagittalReader    a sagittal series           → canal widths, ratios, grades, disc grades
    AxialReader       axial slices, and the sagittal reading if there is one → a grade for each level

Readers run networks and decide; they touch no file.
"""
