"""Check of a machine with a GPU, ``make gpu``: correctness, speed, and a short training, stage by stage.

Its small mode runs the same code with tiny sizes, on a CPU where there is no GPU, and is one of the tests.
"""
