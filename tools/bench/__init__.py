"""`make bench`: the goals of speed, each beside what it is compared with, in one run."""
