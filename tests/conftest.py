"""What holds for all tests: one thread for each process. Two processes of two threads each, on two cores, mostly wait for each
other, as the models of the tests are too small for several.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
