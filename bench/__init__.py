"""Benchmarks, one command each, such as `python -m bench.in_process`.

`python -m bench --help` lists them. Each prints tables whose ratios come from one run. Numbers of different runs are
not compared.
"""
