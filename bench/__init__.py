"""What we measure, one command each: `python -m bench.in_process`, `.postgres`, `.spicedb`, `.http`, `.lifecycle`.

Each prints one table with ratios from one run. Numbers of different runs are not compared.
"""
