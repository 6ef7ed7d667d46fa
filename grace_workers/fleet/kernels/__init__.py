"""The kernels, one file each; the file's name is the kernel's."""
