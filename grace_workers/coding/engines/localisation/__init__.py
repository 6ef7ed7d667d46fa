"""Where the fault is: suspicious functions and lines, from one recorded run of the suite."""
