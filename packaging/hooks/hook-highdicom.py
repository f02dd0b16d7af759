"""highdicom: the tables of the standard and the colour profile that it opens beside its modules."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("highdicom", includes=["_standard/*.json", "_icc_profiles/*.icc"])
