"""What holds for all tests: a thread for each process. Two processes with two threads each on two cores wait for each other most
of the time, as the models of the tests are too small for several.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
