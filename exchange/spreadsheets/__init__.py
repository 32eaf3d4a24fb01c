"""Workbooks and CSV files: what staff download, fill in, send back, check and confirm.

`columns` names what a file holds; `writing_workbooks` and `writing_csv` make files of a
`selection`; `reading` opens what comes back; `checking` says of every row what it would do;
`applying` does it, all or nothing; `annotating` marks the person's own file; `jobs` drives it all.
"""
